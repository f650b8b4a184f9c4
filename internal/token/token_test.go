package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nfcert/nfcert/internal/secret"
)

const es256 = `{"alg":"ES256","typ":"JWT"}`

func TestParse(t *testing.T) {
	claims := goodClaims(t)
	claims["x-vendor"] = object{"a": []int{1}}
	s := newSigning(t, newKey(t), jose.ES256)
	text := s.sign(t, claims, object{"kid": "k1", "x5u": "https://oam.example/cert.pem"})
	for name, in := range map[string]secret.Bytes{
		"as it is": text, "with blanks around it": secret.New([]byte("\n " + string(text.Reveal()) + "\r\n")),
	} {
		got, err := Parse(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Algorithm != "ES256" || got.Type != "JWT" || got.KeyID != "k1" || got.X5U != "https://oam.example/cert.pem" || len(got.Chain) != 2 {
			t.Errorf("%s: header %+v with %d certificates", name, got, len(got.Chain))
		}
		if got.Issuer != "oam" || got.ID != "one" || got.ATC != testWant(t) || !got.Issued.Equal(testNow) || !got.Expires.Equal(testNow.Add(10*time.Minute)) {
			t.Errorf("%s: claims %+v", name, got)
		}
		if len(got.Others) != 1 || string(got.Others["x-vendor"]) != `{"a":[1]}` {
			t.Errorf("%s: other claims %s, want x-vendor alone", name, got.Others)
		}
	}
}

// A string that is not a token gives a FormError, which does not quote it.
func TestParseRefuses(t *testing.T) {
	good := string(newSigning(t, newKey(t), jose.ES256).sign(t, goodClaims(t), nil).Reveal())
	parts := strings.Split(good, ".")
	str := func(s string) secret.Bytes { return secret.New([]byte(s)) }
	claim := func(payload string) secret.Bytes { return raw(es256, payload) }
	atc := func(atc string) secret.Bytes { return raw(es256, `{"atc":`+atc+`}`) }
	for _, tc := range []struct {
		name string
		in   secret.Bytes
		want string
	}{
		{"nothing", str(""), "it is empty"},
		{"blanks", str(" \n"), "it is empty"},
		{"huge", str(strings.Repeat("A", maxToken+1)), "longer than 64 KiB"},
		{"a word", str("canary-canary-canary"), "1 parts"},
		{"PEM", str("-----BEGIN PRIVATE KEY-----\ncanarycanary\n-----END PRIVATE KEY-----"), "1 parts"},
		{"a JWE", str("a.b.c.d.e"), "5 parts"},
		{"two parts", str(parts[0] + "." + parts[1]), "2 parts"},
		{"wrapped", str(parts[0] + "." + parts[1][:20] + "\n" + parts[1][20:] + "." + parts[2]), "white space"},
		{"header not base64url", str("ey+/." + parts[1] + "." + parts[2]), "header is not base64url"},
		{"header padded", str(parts[0] + "==." + parts[1] + "." + parts[2]), "header is not base64url"},
		{"claims not base64url", str(parts[0] + ".%." + parts[2]), "payload is not base64url"},
		{"signature not base64url", str(parts[0] + "." + parts[1] + ".%%%"), "signature is not base64url"},
		{"header not JSON", raw("canary-canary", "{}"), "header is not a JSON object"},
		{"header an array", raw(`["ES256"]`, "{}"), "header is not a JSON object"},
		{"header null", raw(`null`, "{}"), "header is not a JSON object"},
		{"header with more after it", raw(es256+"{}", "{}"), "header is not a JSON object"},
		{"no alg", raw(`{"typ":"JWT"}`, "{}"), "header has no alg"},
		{"alg in capitals", raw(`{"ALG":"ES256"}`, "{}"), "header has no alg"},
		{"alg twice", raw(`{"alg":"ES256","alg":"none"}`, "{}"), `header has the member "alg" twice`},
		{"alg null", raw(`{"alg":null}`, "{}"), "header's alg has the wrong type"},
		{"alg a number", raw(`{"alg":1}`, "{}"), "header's alg has the wrong type"},
		{"typ an object", raw(`{"alg":"ES256","typ":{}}`, "{}"), "header's typ has the wrong type"},
		{"x5c a string", raw(`{"alg":"ES256","x5c":"MIIB"}`, "{}"), "header's x5c has the wrong type"},
		{"x5c not base64", raw(`{"alg":"ES256","x5c":["canary_canary_"]}`, "{}"), "certificate 1 of its x5c is not base64"},
		{"x5c garbage", raw(`{"alg":"ES256","x5c":["AAAA"]}`, "{}"), "certificate 1 of its x5c cannot be read"},
		{"crit", raw(`{"alg":"ES256","crit":["exp"],"exp":1}`, "{}"), "crit"},
		{"claims not JSON", claim("canary-canary"), "payload is not a JSON object"},
		{"claims null", claim("null"), "payload is not a JSON object"},
		{"a JWT within", claim(good), "payload is not a JSON object"},
		{"deep", claim(`{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`), "payload is not a JSON object"},
		{"exp twice", claim(`{"exp":1,"exp":9999999999}`), `payload has the member "exp" twice`},
		{"exp twice, once escaped", claim(`{"exp":1,"\u0065xp":9999999999}`), `payload has the member "exp" twice`},
		{"exp a string", claim(`{"exp":"1"}`), "claim exp has the wrong type"},
		{"exp null", claim(`{"exp":null}`), "claim exp has the wrong type"},
		{"exp negative", claim(`{"exp":-1}`), "claim exp has the wrong type"},
		{"exp beyond time", claim(`{"exp":253402300800}`), "claim exp has the wrong type"},
		{"exp beyond float", claim(`{"exp":1e999}`), "claim exp has the wrong type"},
		{"nbf an array", claim(`{"nbf":[]}`), "claim nbf has the wrong type"},
		{"iat true", claim(`{"iat":true}`), "claim iat has the wrong type"},
		{"jti a number", claim(`{"jti":7}`), "claim jti has the wrong type"},
		{"iss an object", claim(`{"iss":{}}`), "claim iss has the wrong type"},
		{"sub an array", claim(`{"sub":["a"]}`), "claim sub has the wrong type"},
		{"atc a string", atc(`"canary-canary"`), "claim atc is not a JSON object"},
		{"atc null", atc(`null`), "claim atc is not a JSON object"},
		{"atc member twice", atc(`{"ca":true,"ca":false}`), "claim atc is not a JSON object with unique members"},
		{"tktype a number", atc(`{"tktype":1}`), "tktype of the wrong type"},
		{"tkvalue an array", atc(`{"tkvalue":["canary"]}`), "tkvalue of the wrong type"},
		{"fingerprint null", atc(`{"fingerprint":null}`), "fingerprint of the wrong type"},
		{"ca a string", atc(`{"ca":"false"}`), "ca of the wrong type"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Parse(tc.in)
			var form *FormError
			if !errors.As(err, &form) || got != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, %v; want a FormError with %q", got, err, tc.want)
			}
			noLeak(t, err, tc.in)
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error quotes the token: %v", err)
			}
		})
	}
}

// Names of claims are case-sensitive, which encoding/json ignores, and times may
// have a fraction.
func TestParseNames(t *testing.T) {
	got, err := Parse(raw(es256, `{"exp":1764000000.9,"EXP":1,"Atc":{"tktype":"x"},"atc":{"tkvalue":"a","TKVALUE":"b"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Expires.Unix() != 1764000000 || got.ATC != (ATC{Value: "a"}) || len(got.Others) != 2 {
		t.Errorf("%+v, want exp and atc by their exact names", got)
	}
	if got, err := Parse(raw(es256, `{"exp":0}`)); err != nil || got.Expires.IsZero() || got.Expires.Unix() != 0 {
		t.Errorf("exp 0: %+v, %v; want 1970 and not no time", got, err)
	}
}

// A token that cannot be verified can still be shown.
func TestParseOtherAlgorithms(t *testing.T) {
	for _, alg := range []string{"none", "HS256", "RS384", "unknown"} {
		got, err := Parse(raw(`{"alg":"`+alg+`"}`, `{"jti":"x"}`))
		if err != nil || got.Algorithm != alg || got.ID != "x" {
			t.Errorf("%s: %+v, %v", alg, got, err)
		}
	}
	parts := strings.Split(string(raw(`{"alg":"none"}`, `{}`).Reveal()), ".")
	if _, err := Parse(secret.New([]byte(parts[0] + "." + parts[1] + "."))); err != nil {
		t.Errorf("without a signature: %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	const want = "SHA256 37:36:CB:B1:78:7C:B8:30:9C:77:EE:8C:37:05:C5:E1:6F:FB:9E:85:97:15:90:1F:1E:4C:59:B1:11:82:F5:7B"
	got, err := Fingerprint(testThumbprint)
	if err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{"", "x", testThumbprint[:42], testThumbprint + "A", testThumbprint + "=", strings.Repeat("A", 1000)} {
		got, err := Fingerprint(bad)
		if err == nil || got != "" || len(err.Error()) > 250 {
			t.Errorf("%.60q: %q, %v; want an error", bad, got, err)
		}
	}
	for _, tc := range []struct {
		a    string
		same bool
	}{
		{want, true}, {strings.ToLower(want), true}, {strings.ReplaceAll(want, ":", ""), true}, {testThumbprint, true},
		{"", false}, {"SHA256 ", false}, {"SHA256", false}, {want + ":00", false}, {want[:len(want)-3], false},
		{strings.TrimPrefix(want, "SHA256 "), false}, {"SHA1 " + want[7:], false}, {testThumbprint[:42] + "t", false},
		{"SHA256 zz" + want[9:], false},
	} {
		if got := SameFingerprint(tc.a, want); got != tc.same {
			t.Errorf("%q: same %t, want %t", tc.a, got, tc.same)
		}
	}
}

// Any parsed token can be shown and checked, and no error contains the token.
func FuzzParse(f *testing.F) {
	s := newSigning(f, newKey(f), jose.ES256)
	f.Add(s.sign(f, goodClaims(f), nil).Reveal())
	for _, in := range []secret.Bytes{
		raw(es256, `{}`), raw(es256, `{"exp":1e999}`), raw(es256, `{"exp":-0.5,"atc":{"ca":true}}`), raw(`{"alg":"none"}`, `{"atc":{}}`),
		raw(es256, `{"a":1,"a":2}`), raw(`{"alg":"ES256","x5c":["AAAA"]}`, `{}`), raw(`{"alg":"ES256","crit":[]}`, `{}`), raw(`null`, `null`),
		raw(es256, "{\"jti\":\"\x1b[2J\u202e\",\"\xff\":null}"), secret.New([]byte("..")), secret.New([]byte("eyJ9.eyJ9.")), secret.New([]byte("eyJhbGciOiJ0In0.eyJ0000iOnt9fQ.0")), {},
	} {
		f.Add(in.Reveal())
	}
	want := testWant(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		text := secret.New(in)
		got, err := Parse(text)
		var form *FormError
		if err != nil {
			if got != nil || !errors.As(err, &form) {
				t.Fatalf("%v, %T, want a FormError alone", got, err)
			}
			if len(err.Error()) > 400 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			noLeak(t, err, text)
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("showing it: %v", err)
		}
		faults := got.Faults(want, testNow, CheckOptions{Roots: s.root})
		if got.Check(want, testNow, CheckOptions{Roots: s.root}) == nil != (len(faults) == 0) {
			t.Error("Check and Faults disagree")
		}
		if len(faults) == 0 && got.ATC != want && !strings.EqualFold(got.ATC.Value, want.Value) {
			t.Errorf("%+v passes for %+v", got.ATC, want)
		}
		for _, fault := range faults {
			if len(fault.Error()) > 4<<10 {
				t.Errorf("%s: an error of %d bytes", fault.Check, len(fault.Error()))
			}
		}
		for part := range strings.SplitSeq(strings.TrimSpace(string(in)), ".") {
			if _, err := base64.RawURLEncoding.DecodeString(part); err != nil {
				t.Errorf("%q was taken for base64url", part)
			}
		}
	})
}

// The example of RFC 9447 4 has this shape: a signer named by x5u, no ca, and
// the type in other cases than RFC 9448 writes it.
func TestParseExample(t *testing.T) {
	const f = "SHA256 56:3E:CF:AE:83:CA:4D:15:B0:29:FF:1B:71:D3:BA:B9:19:81:F8:50:9B:DF:4A:D4:39:72:E2:B1:F0:B9:38:E3"
	got, err := Parse(raw(`{"typ":"JWT","alg":"ES256","x5u":"https://authority.example.org/cert"}`,
		`{"iss":"https://authority.example.org/authz","exp":1300819380,"jti":"id6098364921","atc":{"tktype":"TnAuthList","tkvalue":"F83n2","fingerprint":"`+f+`"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.X5U != "https://authority.example.org/cert" || got.ID != "id6098364921" || got.Issuer != "https://authority.example.org/authz" || got.Expires.Year() != 2011 || len(got.Others) != 0 {
		t.Errorf("%+v", got)
	}
	if err := got.Check(ATC{Type: "TNAuthList", Value: "F83n2", Fingerprint: f}, got.Expires.Add(-time.Minute), CheckOptions{}); err != nil {
		t.Error(err)
	}
}
