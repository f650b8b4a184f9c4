package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	authorityPath   = "/at/account/lab/token" // in the form of RFC 9447 5
	tokenLife       = 10 * time.Minute
	maxTokenRequest = 16 << 10
)

// oidTokenSigner marks the one certificate that may sign tokens, among those of
// the lab's TLS root. The arc is for examples (ITU-T X.660).
var oidTokenSigner = asn1.ObjectIdentifier{2, 999, 9447}

func signsTokens(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.UnknownExtKeyUsage, oidTokenSigner.Equal)
}

// Authority says how the lab's Token Authority knows its clients: by a client
// certificate, or by one of these, when they are not empty.
type Authority struct {
	Bearer string
	Basic  string // user:password
}

// TokenAuthorityURL is where Authority Tokens are had (RFC 9447 5).
func (l *Lab) TokenAuthorityURL() string { return l.authority + authorityPath }

// TokenAuthorityRoot is the root, in PEM, of the Token Authority's TLS
// certificate and of the certificate that signs its tokens. It is that of the
// ACME server's TLS certificate too.
func (l *Lab) TokenAuthorityRoot() []byte { return l.ca.tlsRoot.pem() }

// clientCAs are the roots of client certificates: those of the options, and the
// lab's own when its own clients are known.
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

// IssueClient makes a client certificate that the Token Authority knows, and
// with RequireClient the ACME server too.
func (l *Lab) IssueClient(name string) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a client's key: %w", err)
	}
	cert, err := l.ca.endEntity(name, &key.PublicKey, l.now(), func(t *x509.Certificate) {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return certificatePEM(cert.Raw), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// endEntity signs a certificate by the TLS root.
func (a *authorities) endEntity(name string, public *ecdsa.PublicKey, now time.Time, change func(*x509.Certificate)) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"nfcert lab"}, CommonName: name},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.AddDate(0, 0, serverDays),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	change(t)
	return createCertificate(t, a.tlsRoot.certificate, public, a.tlsRoot.key)
}

// tokenSigner signs tokens.
type tokenSigner struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func (a *authorities) newTokenSigner(now time.Time) (*tokenSigner, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key that signs tokens: %w", err)
	}
	cert, err := a.endEntity("nfcert lab Token Authority (practice only)", &key.PublicKey, now, func(t *x509.Certificate) {
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

// serveAuthority opens the Token Authority's listener.
func (l *Lab) serveAuthority(host string, certificate tls.Certificate) (*http.Server, error) {
	var err error
	if l.signer, err = l.ca.newTokenSigner(l.now()); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	l.authority = "https://" + hostPort(l.options.Host, listener.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc(authorityPath, l.giveToken)
	server := l.server(mux)
	server.TLSConfig = &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate},
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: l.clientCAs(true),
	}
	l.workers.Go(func() { l.ended(server.ServeTLS(listener, "", "")) })
	return server, nil
}

// giveToken answers a request for a token (RFC 9447 5).
func (l *Lab) giveToken(w http.ResponseWriter, r *http.Request) {
	l.tokenRequests.Add(1)
	if l.wrong.authority.spoil(l, w, r) {
		return
	}
	answer := func(status int, body map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // a client that has gone away needs no answer
	}
	refuse := func(status int, format string, args ...any) {
		message := fmt.Sprintf(format, args...)
		l.log.Info("token refused", "status", status, "message", message)
		answer(status, map[string]any{"status": "error", "message": message})
	}
	if r.Method != http.MethodPost {
		refuse(http.StatusMethodNotAllowed, "method %s, want POST", r.Method)
		return
	}
	if !l.knowsClient(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="nfcert lab"`)
		refuse(http.StatusUnauthorized, "who asks is not known: want a client certificate, or the credentials of the lab's settings")
		return
	}
	var req struct {
		ATC *atcClaim `json:"atc"`
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxTokenRequest))
	if err == nil {
		err = json.Unmarshal(data, &req)
	}
	switch {
	case err != nil:
		refuse(http.StatusBadRequest, "the request is no JSON: %v", err)
		return
	case req.ATC == nil || req.ATC.Type == "" || req.ATC.Value == "" || req.ATC.Fingerprint == "":
		refuse(http.StatusBadRequest, "want {\"atc\":{\"tktype\",\"tkvalue\",\"fingerprint\"}}")
		return
	case req.ATC.CA:
		refuse(http.StatusForbidden, "no CA certificate is allowed to anybody")
		return
	case l.options.Roster != nil && !slices.ContainsFunc(l.options.Roster, func(id string) bool { return strings.EqualFold(id, req.ATC.Value) }):
		refuse(http.StatusForbidden, "%q is not on the roster of NF instances", req.ATC.Value)
		return
	}
	token, err := l.signer.sign(l.wrong.authority.claims(req.ATC, l.now()))
	if err != nil {
		refuse(http.StatusInternalServerError, "%v", err)
		return
	}
	if l.wrong.authority.algNone {
		token = encodeBase64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + strings.Split(token, ".")[1] + "."
	}
	l.log.Info("token issued", "tktype", req.ATC.Type, "tkvalue", req.ATC.Value)
	answer(http.StatusOK, map[string]any{"status": "success", "token": token})
}

// knowsClient reports whether the client has authenticated.
func (l *Lab) knowsClient(r *http.Request) bool {
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

// TokenRequests is how many requests the Token Authority has had.
func (l *Lab) TokenRequests() int { return int(l.tokenRequests.Load()) }

// authorityFaults are what the Token Authority does wrong.
type authorityFaults struct {
	answer      string        // refuse, status, html, redirect, down, huge; empty: a right one
	slow        time.Duration // before it answers
	expired     bool
	short       bool // a second of life
	foreign     bool // for another identifier
	fingerprint bool // for another account
	ca          bool
	noID        bool
	algNone     bool
}

// spoil answers in place of the authority where a knob says so.
func (f *authorityFaults) spoil(l *Lab, w http.ResponseWriter, r *http.Request) bool {
	if f.slow > 0 {
		select {
		case <-time.After(f.slow):
		case <-r.Context().Done():
		}
	}
	switch f.answer {
	case "":
		return false
	case "refuse":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"status":"error","message":"refused on purpose"}`)
	case "status":
		fmt.Fprint(w, `{"status":"error","message":"refused on purpose, with status 200"}`)
	case "html":
		htmlPage(http.StatusOK)(w, r, nil)
	case "redirect":
		http.Redirect(w, r, l.authority+"/elsewhere", http.StatusTemporaryRedirect)
	case "down":
		cut(w, r, func(http.ResponseWriter, *http.Request) {})
	case "huge":
		fmt.Fprintf(w, `{"token":%q}`, strings.Repeat("A", 10<<20))
	}
	return true
}

// claims are those of a token, spoilt as the knobs say.
func (f *authorityFaults) claims(want *atcClaim, now time.Time) map[string]any {
	atc := map[string]any{"tktype": want.Type, "tkvalue": want.Value, "fingerprint": want.Fingerprint, "ca": f.ca}
	if f.foreign {
		atc["tkvalue"] = "00000000-0000-4000-8000-000000000000"
	}
	if f.fingerprint {
		atc["fingerprint"] = fingerprint(make([]byte, sha256.Size))
	}
	expires := now.Add(tokenLife)
	if f.expired {
		expires = now.Add(-time.Hour)
	}
	if f.short {
		expires = now.Add(time.Second)
	}
	claims := map[string]any{"iss": "nfcert lab", "iat": now.Unix(), "exp": expires.Unix(), "atc": atc}
	if !f.noID {
		claims["jti"] = newID()
	}
	return claims
}
