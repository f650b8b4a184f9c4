package pkcs11

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseURI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("absolute paths are written otherwise on Windows")
	}
	seven := 7
	for _, tt := range []struct {
		name, in string
		want     URI
	}{
		{"usual", "pkcs11:token=amf;object=tls?module-path=/lib/p11.so&pin-source=/etc/pin",
			URI{Token: "amf", Object: "tls", Module: "/lib/p11.so", PINFile: "/etc/pin"}},
		{"id and type", "pkcs11:token=amf;id=%01%ff%00;type=private?module-path=/lib/p11.so",
			URI{Token: "amf", ID: []byte{1, 255, 0}, Module: "/lib/p11.so"}},
		{"serial", "pkcs11:serial=0123;object=a?module-path=/p", URI{Serial: "0123", Object: "a", Module: "/p"}},
		{"slot", "pkcs11:slot-id=7;object=a?module-path=/p", URI{Slot: &seven, Object: "a", Module: "/p"}},
		{"percent-encoded", "pkcs11:token=my%20%3btoken;object=%c3%a4?module-path=/a%20b",
			URI{Token: "my ;token", Object: "ä", Module: "/a b"}},
		{"plus is a plus", "pkcs11:token=a+b;object=o?module-path=/p", URI{Token: "a+b", Object: "o", Module: "/p"}},
		{"upper case scheme", "PKCS11:token=a;object=o?module-path=/p", URI{Token: "a", Object: "o", Module: "/p"}},
		{"file URI", "pkcs11:token=a;object=o?module-path=/p&pin-source=file:/etc/pin", URI{Token: "a", Object: "o", Module: "/p", PINFile: "/etc/pin"}},
		{"file URI of three slashes", "pkcs11:token=a;object=o?module-path=/p&pin-source=file:///etc/pin", URI{Token: "a", Object: "o", Module: "/p", PINFile: "/etc/pin"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseURI(tt.in)
			if diff := cmp.Diff(got, tt.want); err != nil || diff != "" {
				t.Errorf("ParseURI(%q) = %v, got - want +:\n%s", tt.in, err, diff)
			}
		})
	}
}

func TestParseURIErrors(t *testing.T) {
	const good = "pkcs11:token=t;object=o?module-path=/p"
	for _, tt := range []struct{ name, in, attribute, reason string }{
		{"another scheme", "file:/x", "", "want pkcs11:"},
		{"nothing", "pkcs11:", "", "exactly one of token"},
		{"too long", good + strings.Repeat("x", maxURI), "", "want at most 4096"},
		{"no token", "pkcs11:object=o?module-path=/p", "", "exactly one of token"},
		{"two tokens", "pkcs11:token=t;serial=1;object=o?module-path=/p", "", "exactly one of token"},
		{"no key", "pkcs11:token=t?module-path=/p", "", "object or id"},
		{"no module", "pkcs11:token=t;object=o", "", "module-path"},
		{"relative module", "pkcs11:token=t;object=o?module-path=p11.so", "module-path", "absolute"},
		{"PIN in the URI", good + "&pin-value=GEHEIM", "pin-value", "command line"},
		{"PIN from a program", good + "&pin-source=%7cGEHEIM", "pin-source", "not run"},
		{"PIN from a relative file", good + "&pin-source=pin", "pin-source", "absolute"},
		{"given twice", "pkcs11:token=GEHEIM;token=b;object=o?module-path=/p", "token", "twice"},
		{"public key", "pkcs11:token=t;object=o;type=public?module-path=/p", "type", "want private"},
		{"slot not a number", "pkcs11:slot-id=GEHEIM;object=o?module-path=/p", "slot-id", "number"},
		{"slot too big", "pkcs11:slot-id=99999999999;object=o?module-path=/p", "slot-id", "number"},
		{"unknown attribute", "pkcs11:token=t;manufacturer=m;object=o?module-path=/p", "manufacturer", "not supported"},
		{"unknown query", good + "&x-vendor=1", "x-vendor", "not supported"},
		{"query in the path", "pkcs11:token=t;object=o;module-path=/p", "module-path", "not supported"},
		{"no value", "pkcs11:token;object=o?module-path=/p", "", "NAME=VALUE"},
		{"empty value", "pkcs11:token=;object=o?module-path=/p", "token", "empty"},
		{"empty attribute", "pkcs11:token=t;;object=o?module-path=/p", "", "NAME=VALUE"},
		{"bad percent", "pkcs11:token=%zz;object=o?module-path=/p", "token", "percent"},
		{"NUL in a path", "pkcs11:token=t;object=o?module-path=/p%00", "module-path", "NUL"},
		{"escape in a name", "pkcs11:\x1b[2J=t;object=o?module-path=/p", "", "invalid character"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseURI(tt.in)
			var uriErr *URIError
			if !errors.As(err, &uriErr) {
				t.Fatalf("ParseURI(%q) = %+v, %v, want a *URIError", tt.in, got, err)
			}
			if uriErr.Attribute != tt.attribute || !strings.Contains(uriErr.Reason, tt.reason) {
				t.Errorf("got %q of %q, want %q of %q", uriErr.Reason, uriErr.Attribute, tt.reason, tt.attribute)
			}
			if strings.Contains(err.Error(), "GEHEIM") {
				t.Errorf("error %v repeats a value", err)
			}
		})
	}
}

func FuzzParseURI(f *testing.F) {
	for _, s := range []string{"", "pkcs11:", "pkcs11:token=amf;object=tls?module-path=/lib/p11.so&pin-source=/etc/pin", "pkcs11:slot-id=1;id=%00?module-path=/p", "pkcs11:?", "pkcs11:a=%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		var uriErr *URIError
		switch {
		case err != nil && !errors.As(err, &uriErr):
			t.Errorf("ParseURI(%q) error %v of type %T, want a *URIError", s, err, err)
		case err == nil && (u.Module == "" || u.Object == "" && len(u.ID) == 0):
			t.Errorf("ParseURI(%q) = %+v, which names no key", s, u)
		}
	})
}
