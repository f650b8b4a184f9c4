package session

import (
	"cmp"
	"path/filepath"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/store"
)

// StateDir is the absolute path of the state directory.
func StateDir(call *cli.Call) (string, error) {
	dir := cmp.Or(
		call.Global.State,
		call.Getenv("STATE_DIRECTORY"),
		within(call.Getenv("XDG_DATA_HOME"), "nfcert"),
		within(call.Getenv("HOME"), ".local/share/nfcert"),
		within(call.Getenv("LOCALAPPDATA"), "nfcert"),
	)
	if dir == "" {
		return "", cli.Usagef("as in --state DIR", "no state directory: set --state or $HOME")
	}
	return filepath.Abs(dir)
}

// within is a path in a directory; "" if there is no directory.
func within(dir, path string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, filepath.FromSlash(path))
}

// OpenStore opens the state directory.
func OpenStore(call *cli.Call) (*store.Store, error) {
	dir, err := StateDir(call)
	if err != nil {
		return nil, err
	}
	return store.Open(dir)
}
