package scripts_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// examples is where the files are that docs/renewal.md links to.
var examples = filepath.Join(repository, "docs", "examples")

// knownFlags fails the test for a flag that nfcert's command does not have, by
// its generated page.
func knownFlags(t *testing.T, file string, words []string) {
	t.Helper()
	i := slices.IndexFunc(words, func(w string) bool { return w == "nfcert" || strings.HasSuffix(w, "/nfcert") })
	if i < 0 || i+1 == len(words) {
		t.Fatalf("%s: no nfcert command in %q", file, words)
	}
	page := read(t, "docs/commands/nfcert_"+words[i+1]+".md")
	flags := 0
	for _, w := range words[i+2:] {
		flag, _, _ := strings.Cut(w, "=")
		if !strings.HasPrefix(flag, "--") {
			continue
		}
		flags++
		if !regexp.MustCompile(regexp.QuoteMeta(flag) + `\b[^-]`).MatchString(page) {
			t.Errorf("%s: nfcert %s has no flag %s", file, words[i+1], flag)
		}
	}
	if flags < 3 {
		t.Errorf("%s: %d flags in %q, want those of a renewal", file, flags, words)
	}
}

// named is what has a name in a manifest.
type named struct {
	Name string `yaml:"name"`
}

// TestKubernetesExample parses every document strictly and holds the job's
// command against nfcert.
func TestKubernetesExample(t *testing.T) {
	const file = "kubernetes-renew.yaml"
	f, err := os.Open(filepath.Join(examples, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kinds := map[string]string{}
	for dec := yaml.NewDecoder(f); ; {
		var head struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string `yaml:"kind"`
			Metadata   named  `yaml:"metadata"`
			Spec       struct {
				Job struct {
					Spec struct {
						Template struct {
							Spec struct {
								ServiceAccount string `yaml:"serviceAccountName"`
								Containers     []struct {
									Command []string `yaml:"command"`
									Args    []string `yaml:"args"`
									Mounts  []named  `yaml:"volumeMounts"`
								} `yaml:"containers"`
								Volumes []named `yaml:"volumes"`
							} `yaml:"spec"`
						} `yaml:"template"`
					} `yaml:"spec"`
				} `yaml:"jobTemplate"`
			} `yaml:"spec"`
		}
		var node yaml.Node
		if err := dec.Decode(&node); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if err := node.Decode(&head); err != nil {
			t.Fatal(err)
		}
		if head.APIVersion == "" || head.Kind == "" || head.Metadata.Name == "" {
			t.Errorf("line %d: a document without apiVersion, kind or name", node.Line)
		}
		kinds[head.Kind] = head.Metadata.Name
		if head.Kind != "CronJob" {
			continue
		}
		pod := head.Spec.Job.Spec.Template.Spec
		if len(pod.Containers) != 1 || pod.ServiceAccount == "" {
			t.Fatalf("the job's pod is %+v, want one container and a service account", pod)
		}
		c := pod.Containers[0]
		knownFlags(t, file, slices.Concat(c.Command, c.Args))
		for _, m := range c.Mounts {
			if !slices.Contains(pod.Volumes, m) {
				t.Errorf("the pod mounts %q and has no such volume", m.Name)
			}
		}
	}
	for _, kind := range []string{"CronJob", "ConfigMap", "PersistentVolumeClaim", "Service", "ServiceAccount", "Role", "RoleBinding"} {
		if kinds[kind] == "" {
			t.Errorf("%s has no %s", file, kind)
		}
	}
}

// unitKey is a line of a unit file.
var unitKey = regexp.MustCompile(`^[A-Z][A-Za-z]+=.+$`)

// TestSystemdExamples reads the units, holds the service's command against
// nfcert, and has systemd judge them where it is installed.
func TestSystemdExamples(t *testing.T) {
	units := map[string][]string{ // what each must have
		"nfcert-renew.service":   {"[Unit]", "[Service]", "Type=oneshot", "StateDirectory=nfcert"},
		"nfcert-renew.timer":     {"[Timer]", "OnCalendar=hourly", "WantedBy=timers.target"},
		"nfcert-renewed.path":    {"[Path]", "PathChanged=/var/lib/nfcert/renewed", "WantedBy=paths.target"},
		"nfcert-renewed.service": {"[Service]", "Type=oneshot"},
	}
	dir := t.TempDir()
	var files []string
	for name, want := range units {
		text := read(t, filepath.Join("docs", "examples", name))
		lines := strings.Split(strings.TrimSpace(text), "\n")
		for _, line := range want {
			if !slices.Contains(lines, line) {
				t.Errorf("%s lacks the line %q", name, line)
			}
		}
		for _, line := range lines {
			if line == "" || strings.HasPrefix(line, "#") || regexp.MustCompile(`^\[[A-Z][a-z]+\]$`).MatchString(line) || unitKey.MatchString(line) {
				continue
			}
			t.Errorf("%s: %q is neither a section nor a setting", name, line)
		}
		for _, line := range lines {
			if command, ok := strings.CutPrefix(line, "ExecStart="); ok && name == "nfcert-renew.service" {
				knownFlags(t, name, strings.Fields(command))
			}
		}
		// systemd wants programs and users that exist, which is not this machine's
		// to have.
		text = regexp.MustCompile(`(?m)^ExecStart=\S+`).ReplaceAllString(text, "ExecStart=/bin/true")
		text = regexp.MustCompile(`(?m)^(User|Group|Documentation)=.*\n`).ReplaceAllString(text, "")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	t.Run("systemd-analyze", func(t *testing.T) {
		analyze, err := exec.LookPath("systemd-analyze")
		if err != nil {
			t.Skip("systemd-analyze is not installed (Debian package systemd)")
		}
		slices.Sort(files)
		out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, files...)...).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, dir) || strings.Contains(line, "nfcert-renew") {
				t.Errorf("systemd-analyze verify: %s", line)
			}
		}
		if err != nil && len(out) == 0 {
			t.Errorf("systemd-analyze verify: %v", err)
		}
	})
}
