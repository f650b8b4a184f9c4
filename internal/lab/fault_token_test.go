package lab

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// tokenClaimsOf decodes a token's claims, unverified.
func tokenClaimsOf(t *testing.T, token string) object {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token of %d parts", len(parts))
	}
	data, err := b64.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims object
	if err := json.Unmarshal(data, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// instanceCases are the misbehaviours of NF instance IDs and the Token Authority.
func instanceCases() []misbehaviourCase {
	challenge := func(check func(*testing.T, *client, object)) func(*testing.T, *client) {
		return func(t *testing.T, c *client) {
			c.register(nil)
			_, ch := c.instanceChallenge()
			check(t, c, ch)
		}
	}
	claims := func(check func(t *testing.T, c *client, claims, atc object)) func(*testing.T, *client) {
		return func(t *testing.T, c *client) {
			claims := tokenClaimsOf(t, c.token())
			atc, _ := claims["atc"].(object)
			check(t, c, claims, atc)
		}
	}
	answers := func(check func(t *testing.T, c *client, a answer, err error)) func(*testing.T, *client) {
		return func(t *testing.T, c *client) {
			a, err := askToken(t, c.lab, authorityClient(t, c.lab), nil, c.tokenRequest())
			check(t, c, a, err)
		}
	}
	left := func(claims object) time.Duration { return time.Until(time.Unix(int64(claims["exp"].(float64)), 0)) }
	return []misbehaviourCase{
		{"no-nf-instance", func(t *testing.T, c *client) {
			c.register(nil)
			c.refused(http.StatusBadRequest, unsupportedIdentifier, c.lab.base+"/new-order", instanceOrder(testNFInstance))
		}},
		{"tkauth-field=atc", challenge(func(t *testing.T, c *client, ch object) {
			if got := c.want(http.StatusOK, ch["url"].(string), object{"tkauth": c.token()}); got.str(t, "status") != statusInvalid {
				t.Errorf("challenge %s, want invalid", got.body)
			}
			_, ch = c.instanceChallenge()
			if got := c.want(http.StatusOK, ch["url"].(string), object{"atc": c.token()}); got.str(t, "status") != statusValid {
				t.Errorf("challenge %s, want valid", got.body)
			}
		})},
		{"tkauth-authority=https://169.254.169.254/token", challenge(func(t *testing.T, _ *client, ch object) {
			if ch["token-authority"] != "https://169.254.169.254/token" {
				t.Errorf("challenge %v", ch)
			}
		})},
		{"tkauth-authority=-", challenge(func(t *testing.T, _ *client, ch object) {
			if _, there := ch["token-authority"]; there {
				t.Errorf("challenge %v, want no token-authority", ch)
			}
		})},
		{"tkauth-type=other", challenge(func(t *testing.T, _ *client, ch object) {
			if ch["tkauth-type"] != "other" {
				t.Errorf("challenge %v", ch)
			}
		})},
		{"tkauth-no-token", challenge(func(t *testing.T, _ *client, ch object) {
			if _, there := ch["token"]; there {
				t.Errorf("challenge %v, want no token", ch)
			}
		})},
		{"ta-answer=refuse", answers(func(t *testing.T, _ *client, a answer, err error) {
			if err != nil || a.status != http.StatusForbidden {
				t.Errorf("status %d, %v; want 403", a.status, err)
			}
		})},
		{"ta-answer=status", answers(func(t *testing.T, _ *client, a answer, err error) {
			if err != nil || a.status != http.StatusOK || a.str(t, "status") == "success" || a.str(t, "token") != "" {
				t.Errorf("status %d, %v, %s; want 200 with a refusal", a.status, err, a.body)
			}
		})},
		{"ta-answer=html", answers(func(t *testing.T, _ *client, a answer, err error) {
			if err != nil || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%v, content type %q; want text/html", err, a.header.Get("Content-Type"))
			}
		})},
		{"ta-answer=redirect", answers(func(t *testing.T, c *client, a answer, err error) {
			to, _ := url.Parse(a.header.Get("Location"))
			if err != nil || a.status != http.StatusTemporaryRedirect || to == nil || to.Host == "" {
				t.Errorf("status %d to %v, %v; want 307", a.status, to, err)
			}
		})},
		{"ta-answer=down", answers(func(t *testing.T, _ *client, a answer, err error) {
			if !ended(err) {
				t.Errorf("status %d, %v; want a closed connection", a.status, err)
			}
		})},
		{"ta-answer=huge", answers(func(t *testing.T, _ *client, a answer, err error) {
			if err != nil || len(a.body) < 1<<20 {
				t.Errorf("%d bytes, %v; want many", len(a.body), err)
			}
		})},
		{"ta-slow=50ms", func(t *testing.T, c *client) {
			start := time.Now()
			c.token()
			if took := time.Since(start); took < 50*time.Millisecond {
				t.Errorf("answered after %v, want 50ms or more", took)
			}
		}},
		{"ta-expired", claims(func(t *testing.T, _ *client, claims, _ object) {
			if left(claims) > -time.Minute {
				t.Errorf("claims %v, want an end in the past", claims)
			}
		})},
		{"ta-short", claims(func(t *testing.T, _ *client, claims, _ object) {
			if left(claims) > 2*time.Second {
				t.Errorf("claims %v, want a second of life", claims)
			}
		})},
		{"ta-foreign", claims(func(t *testing.T, _ *client, _, atc object) {
			if atc["tkvalue"] == testNFInstance {
				t.Errorf("atc %v, want another tkvalue", atc)
			}
		})},
		{"ta-fingerprint", claims(func(t *testing.T, c *client, _, atc object) {
			if atc["fingerprint"] == c.fingerprint() {
				t.Errorf("atc %v, want another fingerprint", atc)
			}
		})},
		{"ta-ca", claims(func(t *testing.T, _ *client, _, atc object) {
			if atc["ca"] != true {
				t.Errorf("atc %v, want ca", atc)
			}
		})},
		{"ta-no-jti", claims(func(t *testing.T, _ *client, claims, _ object) {
			if _, there := claims["jti"]; there {
				t.Errorf("claims %v, want no jti", claims)
			}
		})},
		{"ta-alg-none", func(t *testing.T, c *client) {
			parts := strings.Split(c.token(), ".")
			header, err := b64.DecodeString(parts[0])
			if err != nil || !strings.Contains(string(header), `"none"`) || parts[2] != "" {
				t.Errorf("header %s, signature %q (%v); want none", header, parts[2], err)
			}
		}},
	}
}
