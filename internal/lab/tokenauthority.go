package lab

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	authorityPath   = "/at/account/lab/token" // the form in RFC 9447 5
	tokenLife       = 10 * time.Minute
	maxTokenRequest = 16 << 10
)

// oidTokenSigner is the key purpose of the one certificate that may sign tokens,
// among those of the lab's TLS root. The arc is for examples (ITU-T X.660).
var oidTokenSigner = asn1.ObjectIdentifier{2, 999, 9447}

func signsTokens(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.UnknownExtKeyUsage, oidTokenSigner.Equal)
}

// Authority is how clients authenticate to the lab's Token Authority: with a
// client certificate, or with one of these credentials if not empty.
type Authority struct {
	Bearer string
	Basic  string // user:password
}

// TokenAuthorityURL is where clients get Authority Tokens (RFC 9447 5).
func (l *Lab) TokenAuthorityURL() string { return l.tokenBase + authorityPath }

// TokenAuthorityRoot is the root, in PEM, of the Token Authority's TLS
// certificate and of the certificate that signs its tokens. It is the same as
// TLSRootPEM.
func (l *Lab) TokenAuthorityRoot() []byte { return l.TLSRootPEM() }

// clientCAs are the roots of client certificates: those of the options, and
// with own the root of the certificates of IssueClient.
func (l *Lab) clientCAs(own bool) *x509.CertPool {
	pool := x509.NewCertPool()
	if l.options.ClientCAs != nil {
		pool = l.options.ClientCAs.Clone()
	}
	if own {
		pool.AddCert(l.ca.tlsRoot.certificate)
	}
	return pool
}

// IssueClient makes a client certificate that the Token Authority accepts, and
// with RequireClient the ACME server too.
func (l *Lab) IssueClient(name string) (certPEM, keyPEM []byte, err error) {
	key, cert, err := l.ca.endEntity(name, l.now(), func(t *x509.Certificate) {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	if err != nil {
		return nil, nil, err
	}
	return certificatePEM(cert.Raw), keyToPEM(key), nil
}

// tokenSigner signs tokens.
type tokenSigner struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func (a *authorities) newTokenSigner(now time.Time) (*tokenSigner, error) {
	key, cert, err := a.endEntity("nfcert lab Token Authority (practice only)", now, func(t *x509.Certificate) {
		t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{oidTokenSigner}
	})
	return &tokenSigner{key, cert}, err
}

// sign makes a token of the claims (RFC 7515 3.1, ES256).
func (s *tokenSigner) sign(claims map[string]any) (string, error) {
	header, err := json.Marshal(map[string]any{
		"alg": "ES256", "typ": "JWT", "x5c": []string{base64.StdEncoding.EncodeToString(s.cert.Raw)},
	})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := encodeBase64(header) + "." + encodeBase64(payload)
	digest := sha256.Sum256([]byte(input))
	r, sum, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), sum.FillBytes(make([]byte, 32))...)
	return input + "." + encodeBase64(signature), nil
}

// serveToken answers a request for a token (RFC 9447 5).
func (l *Lab) serveToken(w http.ResponseWriter, r *http.Request) {
	l.tokenRequests.Add(1)
	if l.faults.token.respond(l, w, r) {
		return
	}
	status, body := http.StatusOK, map[string]any{"status": "success"}
	token, err := l.issueToken(r)
	if err == nil {
		body["token"] = token
	} else {
		status = http.StatusInternalServerError
		if refusal, ok := errors.AsType[*tokenRefusal](err); ok {
			status = refusal.status
		}
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="nfcert lab"`)
		}
		l.log.Info("token refused", "status", status, "message", err.Error())
		body = map[string]any{"status": "error", "message": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have hung up
}

// A tokenRefusal is why a client gets no token.
type tokenRefusal struct {
	status  int
	message string
}

// Error implements error.
func (e *tokenRefusal) Error() string { return e.message }

func refuseToken(status int, format string, args ...any) error {
	return &tokenRefusal{status, fmt.Sprintf(format, args...)}
}

// issueToken checks a request and makes the token that it asks for.
func (l *Lab) issueToken(r *http.Request) (string, error) {
	if r.Method != http.MethodPost {
		return "", refuseToken(http.StatusMethodNotAllowed, "method %s, want POST", r.Method)
	}
	if !l.isAuthenticated(r) {
		return "", refuseToken(http.StatusUnauthorized, "unknown client: want a client certificate of the lab or the configured credentials")
	}
	var req struct {
		ATC *atcClaim `json:"atc"`
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxTokenRequest))
	if err == nil {
		err = json.Unmarshal(data, &req)
	}
	want := req.ATC
	switch {
	case err != nil:
		return "", refuseToken(http.StatusBadRequest, "the request is not valid JSON: %v", err)
	case want == nil || want.Type == "" || want.Value == "" || want.Fingerprint == "":
		return "", refuseToken(http.StatusBadRequest, `want {"atc":{"tktype","tkvalue","fingerprint"}}`)
	case want.CA:
		return "", refuseToken(http.StatusForbidden, "tokens for CA certificates are not issued")
	case l.options.Roster != nil && !slices.ContainsFunc(l.options.Roster, func(id string) bool { return strings.EqualFold(id, want.Value) }):
		return "", refuseToken(http.StatusForbidden, "%q is not on the roster of NF instances", want.Value)
	}
	token, err := l.signer.sign(l.faults.token.claims(want, l.now()))
	if err != nil {
		return "", err
	}
	if l.faults.token.algNone {
		token = encodeBase64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + strings.Split(token, ".")[1] + "."
	}
	l.log.Info("token issued", "tktype", want.Type, "tkvalue", want.Value)
	return token, nil
}

// isAuthenticated reports whether the client has authenticated.
func (l *Lab) isAuthenticated(r *http.Request) bool {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return true
	}
	same := func(got, want string) bool {
		return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
	}
	header := r.Header.Get("Authorization")
	if token, ok := strings.CutPrefix(header, "Bearer "); ok {
		return same(token, l.options.Authority.Bearer)
	}
	user, password, ok := r.BasicAuth()
	return ok && same(user+":"+password, l.options.Authority.Basic)
}

// TokenRequests is how many requests the Token Authority has received.
func (l *Lab) TokenRequests() int { return int(l.tokenRequests.Load()) }
