//! One alert in each format.

use expect_test::{Expect, expect};
use lanner_engine::{Printed, Priority};
use serde_json::Value;

use super::*;
use crate::record::Repeats;

/// An alert of a container's shell that was held back twice, in JSON for people.
fn check(encoding: Encoding, expect: Expect) {
    let fields = [
        ("container.id", Printed::Text(b"3ad7b26ded6d")),
        (
            "container.image.repository",
            Printed::Text(b"docker.io/library/nginx"),
        ),
        ("container.image.tag", Printed::Text(b"1.27")),
        ("evt.arg.flags", Printed::Missing),
        ("fd.name", Printed::Text(b"10.0.0.7:4711->10.0.0.1:443")),
        ("fd.sip", Printed::Text(b"10.0.0.1")),
        ("fd.sport", Printed::Uint(443)),
        ("k8s.ns.name", Printed::Text(b"<NA>")),
        ("proc.cmdline", Printed::Text(b"sh -c id")),
        ("proc.is_exe_writable", Printed::Bool(false)),
        ("proc.pid", Printed::Int(4711)),
        ("user.uid", Printed::Uint(0)),
    ];
    let tags = ["container".to_owned(), "shell".to_owned()];
    let record = Record {
        rule: "Shell in a container",
        priority: Priority::Warning,
        source: "syscall",
        tags: Some(&tags),
        ts: 1_790_000_000_123_456_789,
        time: b"14:13:20.123456789",
        text: b"A shell was started (user=root \xff)",
        fields: &fields,
        repeats: Some(Repeats {
            count: 3,
            seconds: 60,
        }),
    };
    let format = Format {
        json: JsonFormat::default(),
        hostname: "node-1".to_owned(),
    };
    let mut out = Vec::new();
    format.write(encoding, &record, &mut out);
    let value: Value = serde_json::from_slice(&out).expect("JSON");
    expect.assert_eq(&format!("{value:#}\n"));
}

#[test]
fn an_alert_in_the_elastic_common_schema() {
    check(
        Encoding::Ecs,
        expect![[r#"
        {
          "@timestamp": "2026-09-21T14:13:20.123456789Z",
          "container": {
            "id": "3ad7b26ded6d",
            "image": {
              "name": "docker.io/library/nginx",
              "tag": [
                "1.27"
              ]
            }
          },
          "destination": {
            "ip": "10.0.0.1",
            "port": 443
          },
          "ecs": {
            "version": "8.17.0"
          },
          "event": {
            "category": [
              "intrusion_detection"
            ],
            "dataset": "lanner.alert",
            "kind": "alert",
            "module": "lanner",
            "provider": "syscall",
            "severity": 4,
            "type": [
              "info"
            ]
          },
          "host": {
            "hostname": "node-1",
            "name": "node-1"
          },
          "labels": {
            "container_id": "3ad7b26ded6d",
            "container_image_repository": "docker.io/library/nginx",
            "container_image_tag": "1.27",
            "fd_name": "10.0.0.7:4711->10.0.0.1:443",
            "fd_sip": "10.0.0.1",
            "fd_sport": "443",
            "k8s_ns_name": "<NA>",
            "lanner_repeats": "3",
            "proc_cmdline": "sh -c id",
            "proc_is_exe_writable": "false",
            "proc_pid": "4711",
            "user_uid": "0"
          },
          "log": {
            "level": "warning",
            "syslog": {
              "severity": {
                "code": 4
              }
            }
          },
          "message": "A shell was started (user=root �) (3 more like this in 60 s)",
          "process": {
            "command_line": "sh -c id",
            "pid": 4711
          },
          "rule": {
            "name": "Shell in a container"
          },
          "tags": [
            "container",
            "shell"
          ],
          "user": {
            "id": "0"
          }
        }
    "#]],
    );
}

#[test]
fn an_alert_as_a_log_record_of_opentelemetry() {
    check(
        Encoding::OtlpJson,
        expect![[r#"
        {
          "resourceLogs": [
            {
              "resource": {
                "attributes": [
                  {
                    "key": "service.name",
                    "value": {
                      "stringValue": "lanner"
                    }
                  },
                  {
                    "key": "host.name",
                    "value": {
                      "stringValue": "node-1"
                    }
                  }
                ]
              },
              "scopeLogs": [
                {
                  "logRecords": [
                    {
                      "attributes": [
                        {
                          "key": "security_rule.name",
                          "value": {
                            "stringValue": "Shell in a container"
                          }
                        },
                        {
                          "key": "lanner.source",
                          "value": {
                            "stringValue": "syscall"
                          }
                        },
                        {
                          "key": "lanner.tags",
                          "value": {
                            "arrayValue": {
                              "values": [
                                {
                                  "stringValue": "container"
                                },
                                {
                                  "stringValue": "shell"
                                }
                              ]
                            }
                          }
                        },
                        {
                          "key": "lanner.repeats",
                          "value": {
                            "intValue": "3"
                          }
                        },
                        {
                          "key": "container.id",
                          "value": {
                            "stringValue": "3ad7b26ded6d"
                          }
                        },
                        {
                          "key": "container.image.repository",
                          "value": {
                            "stringValue": "docker.io/library/nginx"
                          }
                        },
                        {
                          "key": "container.image.tag",
                          "value": {
                            "stringValue": "1.27"
                          }
                        },
                        {
                          "key": "fd.name",
                          "value": {
                            "stringValue": "10.0.0.7:4711->10.0.0.1:443"
                          }
                        },
                        {
                          "key": "fd.sip",
                          "value": {
                            "stringValue": "10.0.0.1"
                          }
                        },
                        {
                          "key": "fd.sport",
                          "value": {
                            "intValue": "443"
                          }
                        },
                        {
                          "key": "k8s.ns.name",
                          "value": {
                            "stringValue": "<NA>"
                          }
                        },
                        {
                          "key": "proc.cmdline",
                          "value": {
                            "stringValue": "sh -c id"
                          }
                        },
                        {
                          "key": "proc.is_exe_writable",
                          "value": {
                            "boolValue": false
                          }
                        },
                        {
                          "key": "proc.pid",
                          "value": {
                            "intValue": "4711"
                          }
                        },
                        {
                          "key": "user.uid",
                          "value": {
                            "intValue": "0"
                          }
                        }
                      ],
                      "body": {
                        "stringValue": "A shell was started (user=root �) (3 more like this in 60 s)"
                      },
                      "eventName": "lanner.alert",
                      "observedTimeUnixNano": "1790000000123456789",
                      "severityNumber": 13,
                      "severityText": "Warning",
                      "timeUnixNano": "1790000000123456789"
                    }
                  ],
                  "scope": {
                    "name": "lanner",
                    "version": "0.1.0"
                  }
                }
              ]
            }
          ]
        }
    "#]],
    );
}
