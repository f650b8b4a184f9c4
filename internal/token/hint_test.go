package token

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckURL(t *testing.T) {
	for _, tc := range []struct{ url, want string }{
		{"https://oam.example/at/account/1/token", ""}, {"https://127.0.0.1:9443/x?y=z", ""}, {"https://[::1]/", ""},
		{"http://oam.example/", "want https"}, {"HTTP://oam.example/", "want https"}, {"ftp://oam.example/", "want https"},
		{"//oam.example/", "want https"}, {"file:///etc/passwd", "not a URL"}, {"oam.example/token", "not a URL"},
		{"", "not a URL"}, {"https://", "not a URL"}, {"https://:443/", "not a URL"}, {"https:oam.example", "not a URL"},
		{"https://a b/", "not a URL"}, {"https://oam.example:https/", "not a URL"}, {"https://[::1/", "not a URL"},
		{"https://amf:" + canaryPassword + "@oam.example/", "contains a user name"}, {"https://amf@oam.example/", "contains a user name"},
		{"http://amf:" + canaryPassword + "@oam.example/", "want https"}, {"https://amf:" + canaryPassword + "@a b/", "not a URL"},
		{"http://oam.example/?token=" + canaryToken, "want https"}, {"x:amf:" + canaryPassword + "@oam.example", "not a URL"},
		{"https://a b/?token=" + canaryToken, "not a URL"},
	} {
		err := CheckURL(tc.url)
		var refused *AuthorityURLError
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%q: %v", tc.url, err)
		case tc.want != "" && (!errors.As(err, &refused) || refused.Reason != tc.want || refused.Unlisted):
			t.Errorf("%q: %v, want %q", tc.url, err, tc.want)
		}
		noCanary(t, err)
	}
}

// The token-authority of a challenge is a hint: only hosts that the user listed are
// allowed, and never a metadata address, however it is written.
func TestCheckHint(t *testing.T) {
	const metadata = "link-local or metadata address"
	const odd = "unusual form"
	const unlisted = "not in the list of allowed hosts"
	for _, tc := range []struct {
		url     string
		allowed string // with commas between; "same": the host itself
		want    string
	}{
		{"https://oam.example/token", "oam.example", ""},
		{"https://oam.example:8443/token", "oam.example", ""},
		{"https://oam.example:8443/token", "other.example,oam.example:8443", ""},
		{"https://OAM.Example/token", "oam.EXAMPLE", ""},
		{"https://oam.example./token", "oam.example", ""},
		{"https://oam.example/token", "oam.example:443", ""},
		{"https://127.0.0.1:9443/", "127.0.0.1", ""},
		{"https://[::1]:9443/", "::1", ""},
		{"https://[::1]:9443/", "[::1]", ""},
		{"https://[::1]:9443/", "[::1]:9443", ""},
		{"https://[0:0::0:1]/", "::1", ""},
		{"https://[::ffff:127.0.0.1]/", "127.0.0.1", ""},
		{"https://[2001:db8::7]/", "2001:DB8:0::7", ""},

		{"https://oam.example/token", "", unlisted},
		{"https://oam.example:8443/token", "oam.example:443", unlisted},
		{"https://oam.example/token", "oam.example:8443", unlisted},
		{"https://evil-oam.example/", "oam.example", unlisted},
		{"https://oam.example.evil.example/", "oam.example", unlisted},
		{"https://evil.example/oam.example", "oam.example", unlisted},
		{"https://evil.example#oam.example", "oam.example", unlisted},
		{"https://evil.example\\@oam.example/", "oam.example", "not a URL"},
		{"https://sub.oam.example/", "oam.example", unlisted},
		{"https://[::1]:443/", "::1:443", unlisted}, // the list has the address ::1:443
		{"https://[::2]/", "::1", unlisted},

		{"http://oam.example/token", "oam.example", "want https"},
		{"https://oam.example@evil.example/", "oam.example,evil.example", "user name"},

		{"https://169.254.169.254/latest/api/token", "same", metadata},
		{"https://169.254.169.254:443/", "same", metadata},
		{"https://[::ffff:169.254.169.254]/", "169.254.169.254", metadata},
		{"https://[::ffff:a9fe:a9fe]/", "same", metadata},
		{"https://[fe80::1]/", "same", metadata},
		{"https://[fe80::1%25eth0]/", "fe80::1%eth0", metadata},
		{"https://[fd00:ec2::254]/", "same", metadata},
		{"https://[64:ff9b::169.254.169.254]/", "same", metadata},
		{"https://[::169.254.169.254]/", "same", metadata},
		{"https://[2002:a9fe:a9fe::]/", "same", metadata},
		{"https://100.100.100.200/", "same", metadata},
		{"https://0.0.0.0/", "same", metadata},
		{"https://[::]/", "same", metadata},
		{"https://224.0.0.251/", "same", metadata},

		{"https://2852039166/", "same", odd},
		{"https://0xa9fea9fe/", "same", odd},
		{"https://0xA9.0xFE.0xA9.0xFE/", "same", odd},
		{"https://0251.0376.0251.0376/", "same", odd},
		{"https://169.254.43518/", "same", odd},
		{"https://169.254.169.254./", "same", metadata},
		{"https://169.254.169.089/", "same", odd},
		{"https://1.2.3.0x/", "same", odd},
		{"https://%31%36%39.254.169.254/", "same", "not a URL"},
		{"https://１６９.254.169.254/", "169.254.169.254", odd},
	} {
		allowed := strings.Split(tc.allowed, ",")
		if tc.allowed == "same" {
			host := strings.TrimPrefix(tc.url, "https://")
			host, _, _ = strings.Cut(host, "/")
			allowed = []string{host}
		}
		err := CheckHint(tc.url, allowed)
		var refused *AuthorityURLError
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s with %q: %v", tc.url, allowed, err)
		case tc.want != "" && (!errors.As(err, &refused) || !strings.Contains(refused.Reason, tc.want)):
			t.Errorf("%s with %q: %v, want %q", tc.url, allowed, err, tc.want)
		case tc.want != "" && refused.Unlisted != (tc.want == unlisted):
			t.Errorf("%s with %q: unlisted %t", tc.url, allowed, refused.Unlisted)
		}
	}
	if err := CheckHint("https://oam.example/?token="+canaryToken, nil); err == nil {
		t.Error("an empty list allows a host")
	} else {
		noCanary(t, err)
	}
}

// Every URL that CheckHint accepts has a host on the list.
func FuzzCheckHint(f *testing.F) {
	for _, url := range []string{
		"https://oam.example/t", "https://OAM.example.:443/", "https://oam.example@evil.example", "https://evil.example\\@oam.example/",
		"https://[::ffff:10.0.0.1]/", "https://10.0.0.1#@x", "https://169.254.169.254/", "https:///x", "https://[fe80::1%25x]/",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if CheckHint(raw, nil) == nil {
			t.Errorf("%q passes an empty list", raw)
		}
		if CheckHint(raw, []string{"oam.example", "10.0.0.1:443"}) == nil {
			a := Authority{URL: raw}
			host := strings.ToLower(a.Where())
			if !strings.HasPrefix(host, "https://oam.example") && !strings.HasPrefix(host, "https://10.0.0.1") && !strings.HasPrefix(host, "https://[::ffff:") {
				t.Errorf("%q passes, and leads to %q", raw, host)
			}
		}
	})
}
