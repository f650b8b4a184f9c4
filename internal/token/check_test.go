package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nfcert/nfcert/internal/secret"
)

func mustParse(t *testing.T, text secret.Bytes) *Token {
	t.Helper()
	got, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Each allowed algorithm passes with a key of its type.
func TestCheckPasses(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey := newRSAKey(t)
	for _, s := range []*signingAuthority{
		newSigning(t, newKey(t), jose.ES256), newSigning(t, rsaKey, jose.RS256), newSigning(t, rsaKey, jose.PS256), newSigning(t, ed, jose.EdDSA),
	} {
		got := mustParse(t, s.sign(t, goodClaims(t), nil))
		o := CheckOptions{Roots: s.root, Life: time.Minute, Skew: time.Minute}
		if err := got.Check(testWant(t), testNow, o); err != nil {
			t.Errorf("%s: %v", s.alg, err)
		}
	}
}

// Every check has a message with what was found and what is wanted.
func TestFaults(t *testing.T) {
	s := newSigning(t, newKey(t), jose.ES256)
	stranger := newSigning(t, newKey(t), jose.ES256)
	rsaSigner := newSigning(t, newRSAKey(t), jose.RS256)
	verified := CheckOptions{Roots: s.root}
	with := func(change func(claims, atc object)) secret.Bytes {
		claims := goodClaims(t)
		change(claims, claims["atc"].(object))
		return s.sign(t, claims, nil)
	}
	header := func(h string) secret.Bytes {
		parts := strings.Split(string(with(func(_, _ object) {}).Reveal()), ".")
		return secret.New([]byte(base64.RawURLEncoding.EncodeToString([]byte(h)) + "." + parts[1] + "." + parts[2]))
	}
	tampered := func(text secret.Bytes) secret.Bytes {
		parts := strings.Split(string(text.Reveal()), ".")
		return secret.New([]byte(parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))))
	}
	claim := func(name string, v any) secret.Bytes { return with(func(c, _ object) { c[name] = v }) }
	atc := func(name string, v any) secret.Bytes { return with(func(_, a object) { a[name] = v }) }
	without := func(name string) secret.Bytes { return with(func(c, _ object) { delete(c, name) }) }
	at := func(d time.Duration) int64 { return testNow.Add(d).Unix() }
	for _, tc := range []struct {
		name string
		in   secret.Bytes
		o    CheckOptions
		want []Check // none: it passes
		says string  // in the first
	}{
		{"good", with(func(_, _ object) {}), verified, nil, ""},
		{"type and value in capitals", with(func(_, a object) { a["tktype"], a["tkvalue"] = "NFINSTANCEID", strings.ToUpper(testWant(t).Value) }), verified, nil, ""},
		{"thumbprint", atc("fingerprint", testThumbprint), verified, nil, ""},
		{"none", header(`{"alg":"none"}`), CheckOptions{}, []Check{CheckAlgorithm}, `found "none", want an asymmetric one`},
		{"HMAC", header(`{"alg":"HS256"}`), CheckOptions{}, []Check{CheckAlgorithm}, `found "HS256"`},
		{"none, verified", header(`{"alg":"none"}`), verified, []Check{CheckAlgorithm, CheckSigner}, `"none"`},
		{"empty alg", header(`{"alg":""}`), CheckOptions{}, []Check{CheckAlgorithm}, "found none"},
		{"no typ", header(`{"alg":"ES256"}`), CheckOptions{}, nil, ""},
		{"another typ", header(`{"alg":"ES256","typ":"at+jwt"}`), CheckOptions{}, []Check{CheckJWT}, `found "at+jwt", want "JWT"`},
		{"no atc", without("atc"), verified, []Check{CheckATC}, "found none, want the claim atc"},
		{"empty atc", claim("atc", object{}), verified, []Check{CheckATC}, "found none"},
		{"type", atc("tktype", "TNAuthList"), verified, []Check{CheckType}, `found "TNAuthList", want "NfInstanceId"`},
		{"no type", atc("tktype", ""), verified, []Check{CheckType}, "found none"},
		{"value", atc("tkvalue", "00000000-0000-4000-8000-000000000000"), verified, []Check{CheckValue}, `found "00000000-`},
		{"fingerprint", atc("fingerprint", "SHA256 AB:CD"), verified, []Check{CheckFingerprint}, `found "SHA256 AB:CD", want SHA256 37:36:CB:`},
		{"no fingerprint", atc("fingerprint", ""), verified, []Check{CheckFingerprint}, "found none"},
		{"ca", atc("ca", true), verified, []Check{CheckCA}, "found true, want false"},
		{"no jti", without("jti"), verified, []Check{CheckID}, "the token's jti: found none"},
		{"not yet", claim("nbf", at(time.Second)), verified, []Check{CheckNotBefore}, "found 2026-11-24T12:00:01Z, want a time before 2026-11-24T12:00:00Z"},
		{"not yet, by little", claim("nbf", at(time.Second)), CheckOptions{Skew: time.Minute}, nil, ""},
		{"no exp", without("exp"), verified, []Check{CheckExpiry}, "the token's expiry: found none"},
		{"expired", claim("exp", at(0)), verified, []Check{CheckExpiry}, "found 2026-11-24T12:00:00Z, want a time after"},
		{"expired, by little", claim("exp", at(-30*time.Second)), CheckOptions{Skew: time.Minute}, nil, ""},
		{"expired in 1970", claim("exp", 0), verified, []Check{CheckExpiry}, "found 1970-"},
		{"expires in a second", claim("exp", at(time.Second)), CheckOptions{Life: 10 * time.Second, Skew: time.Minute}, []Check{CheckExpiry}, "want 10s or more from now"},
		{"last moment", claim("exp", at(10*time.Second)), CheckOptions{Life: 10 * time.Second}, nil, ""},
		{"no x5c", header(`{"alg":"ES256"}`), verified, []Check{CheckSigner}, "no certificate in x5c"},
		{"stranger", stranger.sign(t, goodClaims(t), nil), verified, []Check{CheckSigner}, "certificate that chains to the authority's root"},
		{"stranger, unverified", stranger.sign(t, goodClaims(t), nil), CheckOptions{}, nil, ""},
		{"signature", tampered(with(func(_, _ object) {})), verified, []Check{CheckSignature}, "found one by another key"},
		{"stranger's signature by our certificate", stranger.sign(t, goodClaims(t), object{"x5c": s.chain}), verified, []Check{CheckSignature}, "found one by another key"},
		{"RSA signature by our certificate", rsaSigner.sign(t, goodClaims(t), object{"x5c": s.chain}), verified, []Check{CheckSignature}, "found one by another key"},
		{"HMAC by the public key", header(`{"alg":"HS256","x5c":["` + s.chain[0] + `"]}`), verified, []Check{CheckAlgorithm, CheckSignature}, ""},
		{"all wrong", s.sign(t, object{"nbf": at(time.Hour)}, object{"x5c": stranger.chain}), verified,
			[]Check{CheckATC, CheckID, CheckNotBefore, CheckExpiry, CheckSigner}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			token := mustParse(t, tc.in)
			var got []Check
			for _, fault := range token.Faults(testWant(t), testNow, tc.o) {
				got = append(got, fault.Check)
				noLeak(t, fault, tc.in)
				if fault.Found == "" || fault.Wanted == "" || !strings.HasPrefix(fault.Clause, "RFC ") {
					t.Errorf("%+v lacks words", fault)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Fatalf("faults %q, want %q", got, tc.want)
			}
			err := token.Check(testWant(t), testNow, tc.o)
			var fault *CheckError
			if errors.As(err, &fault) != (len(tc.want) > 0) || len(tc.want) > 0 && (fault.Check != tc.want[0] || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("Check: %v, want %q with %q", err, tc.want, tc.says)
			}
		})
	}
}

// A certificate that has expired, or is not an authority's, verifies nothing.
func TestFaultsOfTime(t *testing.T) {
	s := newSigning(t, newKey(t), jose.ES256)
	token := mustParse(t, s.sign(t, object{"exp": testNow.Add(48 * time.Hour).Unix(), "jti": "x", "atc": goodClaims(t)["atc"]}, nil))
	err := token.Check(testWant(t), testNow.Add(24*time.Hour), CheckOptions{Roots: s.root})
	var fault *CheckError
	if !errors.As(err, &fault) || fault.Check != CheckSigner || !strings.Contains(err.Error(), "expired") {
		t.Errorf("a day later: %v, want a signer that expired", err)
	}
	if err := token.Check(testWant(t), testNow, CheckOptions{Roots: x509.NewCertPool()}); !errors.As(err, &fault) || fault.Check != CheckSigner {
		t.Errorf("with no roots at all: %v, want a signer that is not trusted", err)
	}
}

// Empty members of the request are not compared, and a requested CA certificate is
// accepted.
func TestCheckWithout(t *testing.T) {
	s := newSigning(t, newKey(t), jose.ES256)
	claims := goodClaims(t)
	claims["atc"].(object)["ca"] = true
	want := testWant(t)
	want.Fingerprint, want.CA = "", true
	if err := mustParse(t, s.sign(t, claims, nil)).Check(want, testNow, CheckOptions{}); err != nil {
		t.Errorf("no fingerprint known, a CA wanted: %v", err)
	}
}

// Values of other identifier types are case-sensitive.
func TestCheckCase(t *testing.T) {
	for _, tc := range []struct {
		kind, found, want string
		passes            bool
	}{
		{"NfInstanceId", "ABCD", "abcd", true}, {"dns", "AMF.example", "amf.example", true},
		{"TNAuthList", "F83n2", "F83N2", false}, {"TNAuthList", "F83n2", "F83n2", true},
	} {
		token := &Token{Algorithm: "ES256", ID: "x", Expires: testNow.Add(time.Hour), ATC: ATC{Type: tc.kind, Value: tc.found}}
		if err := token.Check(ATC{Type: tc.kind, Value: tc.want}, testNow, CheckOptions{}); (err == nil) != tc.passes {
			t.Errorf("%s %q for %q: %v, want it to pass: %t", tc.kind, tc.found, tc.want, err, tc.passes)
		}
	}
}

// Text of the token in a message is capped.
func TestFaultsAreShort(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	token := &Token{Algorithm: long, ATC: ATC{Type: long, Value: long, Fingerprint: long}}
	for _, fault := range token.Faults(testWant(t), testNow, CheckOptions{}) {
		if len(fault.Error()) > 500 {
			t.Errorf("%s: %d bytes", fault.Check, len(fault.Error()))
		}
	}
}
