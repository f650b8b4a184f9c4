package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestSettings guards which source sets a flag: the command line, the variable, the
// configuration file, in this order; and that a better source of one flag of a group
// disables the others.
func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		name   string
		typed  string
		env    map[string]string
		config string // the defaults, as YAML
		want   map[string]string
		source map[string]string // CONFIG is the file's path
	}{
		{
			name: "default", want: map[string]string{"webroot": "", "account": ""},
			source: map[string]string{"webroot": "default", "account": "default"},
		},
		{
			name: "config", config: "{account: c}", want: map[string]string{"account": "c"},
			source: map[string]string{"account": "CONFIG"},
		},
		{
			name: "variable beats config", config: "{account: c}", env: map[string]string{"NFCERT_ACCOUNT": "v"},
			want: map[string]string{"account": "v"}, source: map[string]string{"account": "NFCERT_ACCOUNT"},
		},
		{
			name: "flag beats variable", typed: "--account f", env: map[string]string{"NFCERT_ACCOUNT": "v"},
			want: map[string]string{"account": "f"}, source: map[string]string{"account": "flag"},
		},
		{
			name: "no variable for yes", env: map[string]string{"NFCERT_YES": "true"},
			want: map[string]string{"yes": "false"}, source: map[string]string{"yes": "default"},
		},
		{
			name: "group: flag disables variable", typed: "--webroot w", env: map[string]string{"NFCERT_HTTP_LISTEN": ":80"},
			want:   map[string]string{"webroot": "w", "http-listen": ""},
			source: map[string]string{"webroot": "flag", "http-listen": "default"},
		},
		{
			name: "group: variable disables config", config: "{http-listen: ':80'}", env: map[string]string{"NFCERT_WEBROOT": "w"},
			want:   map[string]string{"webroot": "w", "http-listen": ""},
			source: map[string]string{"webroot": "NFCERT_WEBROOT", "http-listen": "default"},
		},
		{
			name: "group: same source keeps both", env: map[string]string{"NFCERT_WEBROOT": "w", "NFCERT_HTTP_LISTEN": ":80"},
			want: map[string]string{"webroot": "w", "http-listen": ":80"}, source: map[string]string{},
		},
		{
			name: "key belongs to certificate", typed: "--client-cert f.pem", env: map[string]string{"NFCERT_CLIENT_KEY": "v.key"},
			want: map[string]string{"client-key": ""}, source: map[string]string{"client-key": "default"},
		},
		{
			name: "key of a better source", typed: "--client-key f.key", env: map[string]string{"NFCERT_CLIENT_CERT": "v.pem"},
			want: map[string]string{"client-key": "f.key", "client-cert": "v.pem"}, source: map[string]string{"client-key": "flag"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(config, []byte("defaults: "+tt.config), 0o600); err != nil {
				t.Fatal(err)
			}
			e := &Env{Getenv: func(name string) string { return tt.env[name] }}
			cmd := testCommand(e)
			if err := cmd.ParseFlags(append(strings.Fields(tt.typed), "--config", config)); err != nil {
				t.Fatal(err)
			}
			s, err := e.readSettings(cmd)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range tt.want {
				if got := cmd.Flags().Lookup(name).Value.String(); got != want {
					t.Errorf("--%s: got %q, want %q", name, got, want)
				}
			}
			for name, want := range tt.source {
				if got := strings.Replace(s.Sources[name], config, "CONFIG", 1); got != want {
					t.Errorf("source of --%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}

// testCommand makes a root command with the global flags and those of one group.
func testCommand(e *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "nfcert"}
	e.AddFlags(cmd.PersistentFlags())
	for _, name := range []string{"http-listen", "webroot"} {
		cmd.Flags().String(name, "", "")
	}
	cmd.Flags().Bool("published", false, "")
	return cmd
}

// TestTypedFlags guards which flags a proposed command repeats.
func TestTypedFlags(t *testing.T) {
	e := &Env{Getenv: func(string) string { return "" }}
	cmd := testCommand(e)
	err := cmd.ParseFlags(strings.Fields("-n amf-01 -o name -vv --published --webroot w --resolve a:1:::2 --resolve b:1:::2 --no-input=false"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.readSettings(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Fields("--published --resolve a:1:::2 --resolve b:1:::2 --webroot w"); !slices.Equal(s.Typed, want) {
		t.Errorf("got %q, want %q", s.Typed, want)
	}
	if want := strings.Fields("--published --webroot w"); !slices.Equal(s.ChallengeFlags, want) {
		t.Errorf("challenge flags: got %q, want %q", s.ChallengeFlags, want)
	}
}

// TestConfigErrors guards that an error in the configuration file names the file and
// the key.
func TestConfigErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"defaults: {acount: a}", "unknown flag --acount"},
		{"defaults: {'yes': 'true'}", "--yes cannot have a default"},
		{"defaults: {config: x}", "--config cannot have a default"},
		{"servers: {ca: {url: 'http://ca.example/'}}", "servers: ca: "},
		{"servers: {ca: {dir: x}}", "field dir not found"},
		{"defaults: [a]", "cannot unmarshal"},
	} {
		config := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(config, []byte(tt.in), 0o600); err != nil {
			t.Fatal(err)
		}
		e := &Env{Getenv: func(name string) string { return map[string]string{"NFCERT_CONFIG": config}[name] }}
		_, err := e.readSettings(testCommandParsed(t, e))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), config) || strings.Contains(err.Error(), "configFile") {
			t.Errorf("%s: got %v, want %q and the file's name", tt.in, err, tt.want)
		}
	}
}

func testCommandParsed(t *testing.T, e *Env) *cobra.Command {
	t.Helper()
	cmd := testCommand(e)
	if err := cmd.ParseFlags(nil); err != nil {
		t.Fatal(err)
	}
	return cmd
}
