package enroll

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// TestRefusesReplacing tells refusals that the same order without replaces may
// escape from those that it cannot.
func TestRefusesReplacing(t *testing.T) {
	problem := func(kind string) error {
		return fmt.Errorf("newOrder: %w", &acmewire.Problem{Type: "urn:ietf:params:acme:error:" + kind})
	}
	for _, tc := range []struct {
		err  error
		want bool
	}{
		{problem("alreadyReplaced"), true}, {problem("malformed"), true}, {problem("unauthorized"), true}, {problem("serverInternal"), true},
		{problem("rejectedIdentifier"), false}, {problem("rateLimited"), false}, {problem("accountDoesNotExist"), false},
		{errors.New("no answer"), false}, {nil, false},
	} {
		if got := refusesReplacing(tc.err); got != tc.want {
			t.Errorf("%v: got %t, want %t", tc.err, got, tc.want)
		}
	}
}
