package cmdflags

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
)

// EAB say which external account binding there is (RFC 8555 section 7.3.4).
type EAB struct {
	kid     string
	keyFile string
	alg     string
	cmd     string
}

func (o *EAB) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.kid, "eab-kid", "", "key `ID` of an external account binding")
	fs.StringVar(&o.keyFile, "eab-key-file", "", "`FILE` with the binding's MAC key in any base64 dress, - for stdin; or $NFCERT_EAB_KEY")
	fs.StringVar(&o.alg, "eab-alg", "", "`MAC` of the binding: "+strings.Join(acmewire.BindingAlgorithms(), ", ")+" (default "+acmewire.BindingAlgorithms()[0]+")")
	fs.StringVar(&o.cmd, "eab-cmd", "", "`COMMAND` that prints a fresh key id and MAC key, run when an account has to be made; no shell is between")
}

// into puts the binding, or the way to one, into the options.
func (o *EAB) into(call *cli.Call, out *enroll.AccountOptions) error {
	alg, err := BindingAlgorithm(o.alg)
	if err != nil {
		return cli.Usagef("", "--eab-alg: %v", err)
	}
	if o.cmd != "" {
		typed := call.Settings.Sources["eab-cmd"] == "flag"
		if o.kid != "" || o.keyFile != "" || call.Getenv("NFCERT_EAB_KEY") != "" && !typed {
			return cli.Usagef("leave one of them out", "--eab-cmd fetches an external account binding, and another is given with --eab-kid, --eab-key-file or $NFCERT_EAB_KEY")
		}
		words, err := cli.SplitCommand("eab-cmd", o.cmd)
		if err != nil {
			return err
		}
		out.FetchBinding = func(ctx context.Context, server, thumbprint string) (*acmewire.Binding, error) {
			c := eabCommand{args: words, server: server, thumbprint: thumbprint}
			return c.fetch(ctx, alg)
		}
		return nil
	}
	out.Binding, err = o.binding(call, alg)
	return err
}

// binding reads the external account binding; nil: none is given.
func (o *EAB) binding(call *cli.Call, alg string) (*acmewire.Binding, error) {
	text, from := call.Getenv("NFCERT_EAB_KEY"), "the variable NFCERT_EAB_KEY"
	if o.keyFile != "" {
		data, err := call.ReadFileOr(o.keyFile, cli.MaxPEM)
		if err != nil {
			return nil, err
		}
		text, from = string(data), o.keyFile
		if strings.TrimSpace(text) == "" {
			return nil, &cli.InputError{File: from, Err: fmt.Errorf("there is no MAC key in it: it is empty")}
		}
	}
	text = strings.TrimSpace(text)
	if o.kid == "" && text == "" {
		return nil, nil
	}
	if o.kid == "" || text == "" {
		return nil, cli.Usagef("give both --eab-kid and --eab-key-file (or $NFCERT_EAB_KEY)", "an external account binding has a key id and a key, and one of them is missing")
	}
	key, err := decodeMACKey(text)
	if err != nil {
		return nil, &cli.InputError{File: from, Err: err}
	}
	return &acmewire.Binding{KeyID: o.kid, Key: secret.New(key), Algorithm: alg}, nil
}

// BindingAlgorithm reads the name of a MAC without regard to case; "" is none.
func BindingAlgorithm(s string) (string, error) {
	known := acmewire.BindingAlgorithms()
	alg := strings.ToUpper(s)
	if s != "" && !slices.Contains(known, alg) {
		return "", fmt.Errorf("%q is no MAC of a binding: want one of %s", s, strings.Join(known, ", "))
	}
	return alg, nil
}

// minMACKey is the least length of a MAC key in bytes: shorter ones are typing
// errors, or could be guessed.
const minMACKey = 16

// decodeMACKey reads a MAC key in standard or URL base64, padded or not. Its
// errors never repeat the key.
func decodeMACKey(text string) ([]byte, error) {
	plain := strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	plain = strings.NewReplacer("+", "-", "/", "_").Replace(plain)
	for i := range len(plain) {
		c := plain[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			continue
		}
		return nil, fmt.Errorf("the MAC key is not base64: character %d is none of its alphabet", i+1)
	}
	key, err := base64.RawURLEncoding.DecodeString(plain)
	if err != nil {
		return nil, fmt.Errorf("the MAC key is not base64: %d characters cannot be its length", len(plain))
	}
	if len(key) < minMACKey {
		return nil, fmt.Errorf("the MAC key has %d bytes, fewer than %d; was it cut?", len(key), minMACKey)
	}
	return key, nil
}
