package cli

import (
	"strings"
	"testing"
)

func TestParseResolve(t *testing.T) {
	for _, tt := range []struct{ in, hostPort, address, want string }{
		{"ca.example:443:192.0.2.1", "ca.example:443", "192.0.2.1:443", ""},
		{"CA.Example:443:192.0.2.1:8443", "ca.example:443", "192.0.2.1:8443", ""},
		{"ca.example:443:2001:db8::1", "ca.example:443", "[2001:db8::1]:443", ""},
		{"ca.example:443:[2001:db8::1]", "ca.example:443", "[2001:db8::1]:443", ""},
		{"ca.example:443:[2001:db8::1]:8443", "ca.example:443", "[2001:db8::1]:8443", ""},
		{"[2001:db8::2]:443:192.0.2.1", "[2001:db8::2]:443", "192.0.2.1:443", ""},
		{"ca.example:0443:192.0.2.1", "ca.example:443", "192.0.2.1:443", ""},
		{"-ca.example:443", "ca.example:443", "", ""},
		{"", "", "", "no host and port"},
		{"ca.example", "", "", "no host and port"},
		{":443:192.0.2.1", "", "", "no host and port"},
		{"ca.example:443", "", "", "no address"},
		{"ca.example:443:", "", "", "no address"},
		{"ca.example:https:192.0.2.1", "", "", `"https" is not a port`},
		{"ca.example:0:192.0.2.1", "", "", `"0" is not a port`},
		{"ca.example:443:other.example", "", "", "is not an IP address"},
		{"-ca.example:443:192.0.2.1", "", "", "takes no address"},
		{"https://ca.example:443:192.0.2.1", "", "", "is not a port"},
	} {
		got, err := parseResolve(tt.in)
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q: got %+v and %v, want %q", tt.in, got, err, tt.want)
			}
			continue
		}
		if err != nil || got.HostPort != tt.hostPort || got.Address != tt.address {
			t.Errorf("%q: got %+v (%v), want %s at %q", tt.in, got, err, tt.hostPort, tt.address)
		}
	}
}

// FuzzParseResolve guards that a resolution, written again, is read as the same.
func FuzzParseResolve(f *testing.F) {
	for _, s := range []string{"ca.example:443:192.0.2.1", "-a:1", "[::1]:1:[::2]:3", "a:1:::2", "a:01:::2", "::", "[", "a:1:[::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseResolve(s)
		if err != nil {
			return
		}
		text := r.HostPort + ":" + r.Address
		if r.Address == "" {
			text = "-" + r.HostPort
		}
		if again, err := parseResolve(text); err != nil || again != r {
			t.Errorf("%q gave %+v, of which %q is made, which gave %+v (%v)", s, r, text, again, err)
		}
	})
}
