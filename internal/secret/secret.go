// Package secret holds values that must never be printed.
//
// A Bytes prints as "[redacted]" however it is formatted, logged or marshalled;
// only Reveal returns the value.
package secret

import (
	"fmt"
	"log/slog"
)

// Redacted is printed in place of a secret.
const Redacted = "[redacted]"

// Bytes is a secret value: a MAC key, a passphrase, a token. The zero value is
// no secret.
type Bytes struct{ value []byte }

// New keeps its own copy of value.
func New(value []byte) Bytes { return Bytes{append([]byte(nil), value...)} }

// Reveal returns the value itself, which the caller must not modify or keep.
func (b Bytes) Reveal() []byte { return b.value }

// IsZero reports whether there is no secret.
func (b Bytes) IsZero() bool { return len(b.value) == 0 }

// Len is the length of the value in bytes, which is not secret.
func (b Bytes) Len() int { return len(b.value) }

// String implements [fmt.Stringer].
func (b Bytes) String() string { return Redacted }

// Format implements [fmt.Formatter], so that no verb reveals the value.
func (b Bytes) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// MarshalJSON implements [encoding/json.Marshaler].
func (b Bytes) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// LogValue implements [slog.LogValuer].
func (b Bytes) LogValue() slog.Value { return slog.StringValue(Redacted) }
