package enroll

import (
	"cmp"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/nfcert/nfcert/internal/accountfile"
	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

// exported is what an account's file holds in addition to the key.
type exported struct {
	Kind     string    `json:"kind"`
	Exported time.Time `json:"exported"`
	Account  *Account  `json:"account"`
}

const exportedKind = "AccountExport"

// ExportAccount makes one encrypted file of an account and its key, by which
// another machine can use the account too. A rollover that was left unsettled
// is settled first; else nothing is asked of the CA.
func (e *Engine) ExportAccount(ctx context.Context, name string, passphrase secret.Bytes) ([]byte, *Account, error) {
	dir, end, err := e.lockAccount(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	a, err := e.client().usable(ctx, dir, name)
	if err != nil {
		return nil, nil, err
	}
	key, err := e.readAccountKey(accountKeyFile(dir))
	if err != nil {
		return nil, nil, err
	}
	there := *a
	there.KeyFile = "" // of this machine
	meta, err := json.Marshal(exported{Kind: exportedKind, Exported: isoTime(e.now()), Account: &there})
	if err != nil {
		return nil, nil, err
	}
	file, err := accountfile.Seal(key.Signer, meta, passphrase, e.SealIterations)
	return file, a, err
}

// AccountExport is an account out of a file.
type AccountExport struct {
	Account    *Account
	key        crypto.Signer
	passphrase secret.Bytes // of the file
}

// OpenExport reads a file that ExportAccount made. Its errors are those of
// [accountfile.Open].
func OpenExport(file []byte, passphrase csrgen.Passphrase) (*AccountExport, error) {
	c := &AccountExport{}
	key, meta, err := accountfile.Open(file, func() (secret.Bytes, error) {
		var err error
		c.passphrase, err = passphrase()
		return c.passphrase, err
	})
	if err != nil {
		return nil, err
	}
	var x exported
	if err := json.Unmarshal(meta, &x); err != nil || x.Kind != exportedKind || x.Account == nil {
		return nil, &accountfile.DamagedError{Found: "it is of something else than an account"}
	}
	if x.Account.Version > documentVersion {
		return nil, &accountfile.VersionError{Found: x.Account.Version}
	}
	if found := x.Account.unfit(key); found != "" {
		return nil, &accountfile.DamagedError{Found: found}
	}
	c.Account, c.key = x.Account, key
	return c, nil
}

// unfit says what an account out of a file lacks; "": nothing.
func (a *Account) unfit(key crypto.Signer) string {
	thumbprint, err := acmewire.Thumbprint(key.Public())
	switch {
	case err != nil || thumbprint != a.Thumbprint:
		return "its key is not the account's"
	case !isHTTPS(a.Server) || !isHTTPS(a.URL):
		return "its account has no server, or no URL there"
	case CheckName("account", a.Name) != nil:
		return "its account has no name that can be used"
	}
	return ""
}

func isHTTPS(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// AccountExistsError says that there is an account of this name already.
type AccountExistsError struct{ Name, Server string }

func (e *AccountExistsError) Error() string {
	return fmt.Sprintf("account %q at %s already exists", e.Name, e.Server)
}

// ImportAccount saves an account out of a file, under the file's own name when
// name is "". It never replaces one. The key is encrypted when seal, which may be
// nil, gives a passphrase; else, where it was encrypted when it was exported, by
// the file's own. Nothing is asked of the CA.
func (e *Engine) ImportAccount(ctx context.Context, c *AccountExport, name string, seal func() (secret.Bytes, error)) (*Account, error) {
	a := *c.Account
	a.Name = cmp.Or(name, a.Name)
	if err := CheckName("account", a.Name); err != nil {
		return nil, err
	}
	dir := AccountDir(a.Server, a.Name)
	lock, err := e.Store.Lock(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Unlock() }()
	if _, err := e.loadAccount(dir); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = &AccountExistsError{Name: a.Name, Server: a.Server}
		}
		return nil, err
	}
	key := accountKey{Signer: c.key}
	switch {
	case seal != nil:
		if key.passphrase, err = seal(); err != nil {
			return nil, err
		}
	case a.Encrypted:
		key.passphrase = c.passphrase
	}
	if err := e.putKey(dir, key); err != nil {
		return nil, err
	}
	a.Version, a.KeyFile, a.Encrypted, a.Updated = documentVersion, e.Store.Path(accountKeyFile(dir)), key.sealed(), isoTime(e.now())
	a.KeyType = csrgen.KeyTypeOf(key.Public())
	e.warnOfSameAccount(&a)
	return &a, e.Store.Save(accountFile(dir), &a)
}

// putKey writes the key of an import. Where an import died there is the same
// key; another one is of a registration that may have made an account, and is
// left where it is.
func (e *Engine) putKey(dir string, key accountKey) error {
	there, err := e.readAccountKey(accountKeyFile(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		data, err := e.encodeKey(key)
		if err != nil {
			return err
		}
		return e.Store.CreateKey(accountKeyFile(dir), data)
	case err != nil:
		return err
	case !csrgen.SameKey(there.Public(), key.Public()):
		return &KeyFileError{Path: e.Store.Path(accountKeyFile(dir)), Err: errors.New("it is the key of a registration that did not end, and not the one to be imported")}
	}
	return e.replaceAccountKey(dir, key)
}
