package lab

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxRequestBody limits a request. The largest valid one has a CSR with a
// hundred names.
const maxRequestBody = 256 << 10

// signer is how a request must name the key that signed it (RFC 8555 6.2).
type signer int

const (
	byAccount signer = iota // kid
	byKey                   // jwk
	byEither
)

// A signedRequest is a POST whose signature, nonce and URL have been checked.
type signedRequest struct {
	http    *http.Request
	url     string
	payload []byte // empty in a POST-as-GET
	key     publicKey
	account *account // nil when the key itself is in the request
}

// isGet reports whether the request only reads (RFC 8555 6.3).
func (s *signedRequest) isGet() bool { return len(s.payload) == 0 }

// authenticate reads a request and makes the checks of RFC 8555 6.2 to 6.5.
func (l *Lab) authenticate(r *http.Request, by signer) (*signedRequest, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	j, err := parseJWS(body)
	if err != nil {
		return nil, problemf(malformed, "%v", err)
	}
	if err := j.checkAlgorithm(l.faults.refuseAlgorithm); err != nil {
		return nil, err
	}
	if !j.hasNonce {
		return nil, problemf(badNonce, "no nonce in the protected header")
	}
	if err := l.useNonce(j.nonce); err != nil {
		return nil, err
	}
	url := l.base + r.URL.RequestURI()
	if j.url != url {
		return nil, problemf(unauthorized, "url %q in the protected header, but the request was sent to %q (RFC 8555 6.4)", j.url, url)
	}
	s := &signedRequest{http: r, url: url, payload: j.payload}
	if err := l.findKey(s, j, by); err != nil {
		return nil, err
	}
	if err := j.verify(s.key); err != nil {
		return nil, problemf(malformed, "%v", err)
	}
	return s, nil
}

// readBody checks the media type and reads at most maxRequestBody bytes.
func readBody(r *http.Request) ([]byte, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/jose+json" {
		return nil, problemf(malformed, "content type %q, want application/jose+json (RFC 8555 6.2)",
			r.Header.Get("Content-Type")).withStatus(http.StatusUnsupportedMediaType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequestBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, problemf(malformed, "the request body has more than %d bytes", tooLarge.Limit).
			withStatus(http.StatusRequestEntityTooLarge)
	}
	if err != nil {
		return nil, problemf(malformed, "reading the request: %v", err)
	}
	return body, nil
}

// findKey finds the key that must have signed the request.
func (l *Lab) findKey(s *signedRequest, j *jws, by signer) error {
	switch {
	case j.jwk != nil && by == byAccount:
		return problemf(malformed, "jwk in the protected header, want the account URL as kid (RFC 8555 6.2)")
	case j.jwk == nil && by == byKey:
		return problemf(malformed, "kid in the protected header, want the public key as jwk (RFC 8555 6.2)")
	case j.jwk != nil:
		key, err := parseJWK(j.jwk)
		if err != nil {
			return problemf(badPublicKey, "%v", err)
		}
		s.key = key
		return nil
	}
	id, ok := strings.CutPrefix(j.kid, l.url(EndpointAccount, ""))
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.state.accounts[id]
	if !ok || a == nil {
		return problemf(accountDoesNotExist, "account %q does not exist", j.kid)
	}
	if a.status != statusValid {
		return deactivatedAccount()
	}
	s.account, s.key = a, a.key
	return nil
}

// deactivatedAccount refuses a request of a deactivated account (RFC 8555 7.3.6).
func deactivatedAccount() *problem {
	return problemf(unauthorized, "the account is deactivated").withStatus(http.StatusUnauthorized)
}
