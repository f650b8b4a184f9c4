package lint

import "github.com/nfcert/nfcert/internal/inspect"

// The ceilings that rules have.
const (
	warning = inspect.Warning
	info    = inspect.Info
)
