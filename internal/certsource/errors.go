package certsource

import (
	"errors"
	"fmt"
	"strings"
)

// Fault is a part of a source that is damaged or mislabelled.
type Fault struct {
	Name   string // of the source
	Label  string // of the PEM block, as in CERTIFICATE; empty for DER
	Line   int    // line at which the block starts, from 1; zero for DER
	Offset int    // byte at which the block or the fault starts
	Detail string // what was found
}

func (f *Fault) Error() string {
	switch {
	case f.Line > 0 && f.Label != "":
		return fmt.Sprintf("PEM block %q at line %d: %s", f.Label, f.Line, f.Detail)
	case f.Line > 0:
		return fmt.Sprintf("line %d: %s", f.Line, f.Detail)
	}
	return f.Detail
}

// ContentError says that a source holds neither a request nor a certificate.
type ContentError struct {
	Name  string
	Found string // what it holds, as in "a private key"
	Err   error  // the damage; nil without damage
}

func (e *ContentError) Error() string {
	text := fmt.Sprintf("%q: found %s, want a certificate request or certificates in PEM, DER or PKCS#12", e.Name, e.Found)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *ContentError) Unwrap() error { return e.Err }

// TooLargeError says that a source is larger than [MaxSize].
type TooLargeError struct {
	Name string
	Size int64 // in bytes; zero when unknown, as for a pipe
}

func (e *TooLargeError) Error() string {
	if e.Size == 0 {
		return fmt.Sprintf("%q: larger than %d MiB, the limit", e.Name, MaxSize>>20)
	}
	return fmt.Sprintf("%q: %d MiB, want at most %d MiB", e.Name, e.Size>>20, MaxSize>>20)
}

// PassphraseError says that the passphrase does not open a PKCS#12 file.
type PassphraseError struct {
	Name    string
	Missing bool // no passphrase was given, and the empty one does not open it
}

func (e *PassphraseError) Error() string {
	if e.Missing {
		return fmt.Sprintf("%q: PKCS#12 that needs a passphrase, and none was given", e.Name)
	}
	return fmt.Sprintf("%q: the passphrase does not open it", e.Name)
}

// ReadError says that a file could not be read.
type ReadError struct {
	Name string
	Err  error
}

func (e *ReadError) Error() string { return fmt.Sprintf("%q: %v", e.Name, e.Err) }
func (e *ReadError) Unwrap() error { return e.Err }

// Sources that are not read.
var (
	// ErrDirectory is the cause of a ReadError for a directory.
	ErrDirectory = errors.New("it is a directory, want a file")
	// ErrDevice is the cause of a ReadError for a device or a socket.
	ErrDevice = errors.New("it is a device, want a file, a pipe, or - for standard input")
	// ErrNoStdin is the cause of a ReadError for "-" without [Options].Stdin.
	ErrNoStdin = errors.New("standard input cannot be used here")
)

// Stage is how far a connection came before it failed.
type Stage string

// The stages of a connection, in order.
const (
	StageDNS     Stage = "dns"
	StageConnect Stage = "connect"
	StageTLS     Stage = "tls"
)

// ConnectError says that a server sent no certificate chain.
type ConnectError struct {
	Address string
	Stage   Stage
	Found   string // as in "connection refused: nothing listens on this port"
	Err     error
}

func (e *ConnectError) Error() string {
	what := map[Stage]string{StageDNS: "looking up", StageConnect: "connecting to", StageTLS: "TLS with"}[e.Stage]
	return fmt.Sprintf("%s %s: %s", what, e.Address, e.Found)
}

func (e *ConnectError) Unwrap() error { return e.Err }

// describeLabel describes a PEM block that is neither a request nor a certificate.
func describeLabel(label string) string {
	switch {
	case strings.Contains(label, "PRIVATE KEY"):
		return "a private key"
	case strings.Contains(label, "PUBLIC KEY"):
		return "a public key"
	case label == "X509 CRL":
		return "a certificate revocation list"
	}
	return fmt.Sprintf("a PEM block %q", label)
}
