package lab

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// tokenFaults are what the Token Authority does wrong.
type tokenFaults struct {
	answer          string        // refuse, status, html, redirect, down or huge; empty: the correct one
	slow            time.Duration // before it answers
	expired         bool
	short           bool // expires after a second
	otherIdentifier bool
	otherAccount    bool
	ca              bool
	noID            bool
	algNone         bool
}

// respond sends a wrong response. It reports whether it did.
func (f *tokenFaults) respond(l *Lab, w http.ResponseWriter, r *http.Request) bool {
	if f.slow > 0 {
		pause(r, f.slow)
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
		http.Redirect(w, r, l.tokenBase+"/elsewhere", http.StatusTemporaryRedirect)
	case "down":
		closeConnection(w, r)
	case "huge":
		fmt.Fprintf(w, `{"token":%q}`, strings.Repeat("A", 10<<20))
	}
	return true
}

// claims are the claims of a token, wrong where a misbehaviour is on.
func (f *tokenFaults) claims(want *atcClaim, now time.Time) map[string]any {
	atc := *want
	atc.CA = f.ca
	if f.otherIdentifier {
		atc.Value = "00000000-0000-4000-8000-000000000000"
	}
	if f.otherAccount {
		atc.Fingerprint = fingerprint(make([]byte, sha256.Size))
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
