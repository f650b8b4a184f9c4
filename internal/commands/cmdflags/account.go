package cmdflags

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// Account say how to register.
type Account struct {
	contact   []string
	AcceptTOS bool
	eab       EAB
	key       AccountKey
	keyIn     string
}

func (o *Account) AddFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.contact, "contact", nil, "`MAIL` address the CA may write to; may be repeated")
	fs.BoolVar(&o.AcceptTOS, "accept-tos", false, "agree to the CA's terms of service")
	o.eab.addFlags(fs)
	o.key.AddFlags(fs, "P256")
	fs.StringVar(&o.keyIn, "account-key-in", "", "`FILE` of a key to use instead of a new one, PEM or DER, encrypted or not")
}

// Options turns the flags into what the engine takes.
func (o *Account) Options(call *cli.Call) (enroll.AccountOptions, error) {
	var out enroll.AccountOptions
	var err error
	if out.Contact, err = Contacts(o.contact); err != nil {
		return out, err
	}
	if out.KeyType, err = o.key.KeyType(); err != nil {
		return out, err
	}
	out.Seal = o.key.Seal(call)
	if o.keyIn != "" {
		if out.Key, err = broughtKey(call, o.keyIn, &out); err != nil {
			return out, err
		}
	}
	out.TermsAgreed = o.AcceptTOS
	out.AskTerms = func(url string) (bool, error) { return askTerms(call, url) }
	return out, o.eab.into(call, &out)
}

// Contacts makes mailto: URLs (RFC 8555 section 7.3) of addresses.
func Contacts(list []string) ([]string, error) {
	var urls []string
	for _, c := range list {
		address := strings.TrimPrefix(c, "mailto:")
		parsed, err := mail.ParseAddress(address)
		if err != nil || parsed.Address != address {
			return nil, cli.Usagef("as in --contact ops@operator.example", "--contact %q is no mail address", c)
		}
		urls = append(urls, "mailto:"+address)
	}
	return urls, nil
}

// askTerms asks about terms where there is somebody to ask.
func askTerms(call *cli.Call, url string) (agreed bool, err error) {
	agreed, err = call.Prompter().Confirm(fmt.Sprintf("The CA's terms of service are at %s. Do you agree?", url), false)
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) { // nobody agrees
		return false, nil
	}
	return agreed, err
}
