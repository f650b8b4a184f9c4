package view

import (
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/token"
)

// TokenDoc is the JSON document of a token. It has the token itself only if the
// command is to print that.
type TokenDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Text       string `json:"token,omitempty"`
	File       string `json:"file,omitempty"`
	*token.Token
	Signers  []string     `json:"signers,omitempty"`  // subjects of x5c, the leaf first
	Accounts []string     `json:"accounts,omitempty"` // saved accounts that it is bound to
	Checks   []TokenCheck `json:"checks,omitempty"`
}

// maxToken is the maximum size of a file with a token.
const maxToken = 64 << 10

// ReadToken reads a token from a file, or from standard input for "-".
func ReadToken(call *cli.Call, path string) (*token.Token, error) {
	data, err := call.ReadFileOr(path, maxToken)
	if err != nil {
		return nil, err
	}
	got, err := token.Parse(secret.New(data))
	if err != nil {
		return nil, &cli.InputError{File: path, Err: err}
	}
	return got, nil
}

// BoundTo lists the saved accounts that a token is bound to. For an account that
// cannot be read it warns, and continues with the others.
func BoundTo(call *cli.Call, s *store.Store, got *token.Token) (names []string, err error) {
	accounts, err := enroll.Accounts(s, func(name string, err error) { call.Progress.Warn("account %s: %v", name, err) })
	for _, acc := range accounts {
		if token.SameFingerprint(acc.Thumbprint, got.ATC.Fingerprint) {
			names = append(names, acc.Name+" at "+acc.Server)
		}
	}
	return names, err
}

// Signers are the subjects of a token's x5c.
func Signers(got *token.Token) (subjects []string) {
	for _, cert := range got.Chain {
		subjects = append(subjects, inspect.DistinguishedName(cert.RawSubject))
	}
	return subjects
}

// TokenCheck is the result of one check.
type TokenCheck struct {
	Check   token.Check `json:"check"`
	Verdict string      `json:"verdict"` // pass, fail, or skip if there is nothing to compare with
	Found   string      `json:"found,omitempty"`
	Wanted  string      `json:"wanted,omitempty"`
	Clause  string      `json:"clause,omitempty"`
}
