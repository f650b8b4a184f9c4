package cmdflags

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
)

// eab has the flags of the external account binding (RFC 8555 section 7.3.4).
type eab struct {
	kid     string
	keyFile string
	alg     string
	cmd     string
}

// varEABKey is the variable with the MAC key. It has no flag of the same name.
const varEABKey = "NFCERT_EAB_KEY"

func (o *eab) addFlags(fs *pflag.FlagSet) {
	algorithms := acmewire.BindingAlgorithms()
	fs.StringVar(&o.kid, "eab-kid", "", "key `ID` of the external account binding")
	fs.StringVar(&o.keyFile, "eab-key-file", "", "`FILE` with the MAC key of the external account binding, base64 or base64url, - for stdin; or set $"+varEABKey)
	fs.StringVar(&o.alg, "eab-alg", "", "`MAC` algorithm of the external account binding: "+strings.Join(algorithms, ", ")+" (default "+algorithms[0]+")")
	fs.StringVar(&o.cmd, "eab-cmd", "", "`COMMAND` that prints a key ID and a MAC key; runs only when an account must be created, directly, not through a shell")
}

// into sets the binding, or the function that fetches one.
func (o *eab) into(call *cli.Call, out *enroll.AccountOptions) error {
	alg, err := BindingAlgorithm(o.alg)
	if err != nil {
		return cli.Usagef("", "--eab-alg: %v", err)
	}
	if o.cmd == "" {
		out.Binding, err = o.binding(call, alg)
		return err
	}
	typed := call.Settings.Sources["eab-cmd"] == "flag" // it overrides the variable
	if o.kid != "" || o.keyFile != "" || call.Getenv(varEABKey) != "" && !typed {
		return cli.Usagef("omit --eab-cmd, or omit the others", "--eab-cmd cannot be used with --eab-kid, --eab-key-file or $%s", varEABKey)
	}
	args, err := cli.SplitCommand("eab-cmd", o.cmd)
	out.FetchBinding = func(ctx context.Context, server, thumbprint string) (*acmewire.Binding, error) {
		return fetchBinding(ctx, args, server, thumbprint, alg)
	}
	return err
}

// binding reads the external account binding; nil: none was given.
func (o *eab) binding(call *cli.Call, alg string) (*acmewire.Binding, error) {
	text, from := call.Getenv(varEABKey), "$"+varEABKey
	if o.keyFile != "" {
		data, err := call.ReadFileOr(o.keyFile, cli.MaxPEM)
		if err != nil {
			return nil, err
		}
		text, from = string(data), o.keyFile
		if strings.TrimSpace(text) == "" {
			return nil, &cli.InputError{File: from, Err: errors.New("the file is empty, want a MAC key")}
		}
	}
	text = strings.TrimSpace(text)
	switch {
	case o.kid == "" && text == "":
		return nil, nil
	case o.kid == "":
		return nil, cli.Usagef("add --eab-kid ID", "there is a MAC key for an external account binding, but no key ID")
	case text == "":
		return nil, cli.Usagef("add --eab-key-file FILE, or set $"+varEABKey, "--eab-kid %s needs a MAC key", o.kid)
	}
	key, err := decodeMACKey(text)
	if err != nil {
		return nil, &cli.InputError{File: from, Err: err}
	}
	return &acmewire.Binding{KeyID: o.kid, Key: secret.New(key), Algorithm: alg}, nil
}

// BindingAlgorithm parses the name of a MAC algorithm in upper or lower case. ""
// stays "".
func BindingAlgorithm(s string) (string, error) {
	known := acmewire.BindingAlgorithms()
	alg := strings.ToUpper(s)
	if s != "" && !slices.Contains(known, alg) {
		return "", fmt.Errorf("unknown MAC algorithm %q, want one of %s", s, strings.Join(known, ", "))
	}
	return alg, nil
}

// minMACKey is the minimum length of a MAC key in bytes. A shorter key is a typing
// error, or can be guessed.
const minMACKey = 16

// decodeMACKey decodes a MAC key from base64 or base64url, with or without padding.
// Its errors never repeat the key.
func decodeMACKey(text string) ([]byte, error) {
	plain := strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	plain = strings.NewReplacer("+", "-", "/", "_").Replace(plain)
	for i := range len(plain) {
		c := plain[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			continue
		}
		return nil, fmt.Errorf("the MAC key is not base64: character %d is not allowed", i+1)
	}
	key, err := base64.RawURLEncoding.DecodeString(plain)
	if err != nil {
		return nil, fmt.Errorf("the MAC key is not base64: its length cannot be %d characters", len(plain))
	}
	if len(key) < minMACKey {
		return nil, fmt.Errorf("the MAC key has %d bytes, want at least %d; is it complete?", len(key), minMACKey)
	}
	return key, nil
}
