{{- define "lanner.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "lanner.selector" -}}
app.kubernetes.io/name: lanner
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lanner.labels" -}}
{{ include "lanner.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "lanner.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "lanner.name" .) .Values.serviceAccount.name }}
{{- else }}{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* Folders of the host that are read, one a line. */}}
{{- define "lanner.hostFolders" -}}
/proc
/etc
{{- if .Values.runtimes.containerd }}
/run/containerd
/var/lib/containerd
{{- end }}
{{- if .Values.runtimes.crio }}
/run/containers
/var/lib/containers
{{- end }}
{{- if .Values.runtimes.docker }}
/var/lib/docker
{{- end }}
{{- if .Values.runtimes.k3s }}
/run/k3s/containerd
/var/lib/rancher/k3s/agent/containerd
{{- end }}
{{- end }}
