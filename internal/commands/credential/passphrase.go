package credential

import (
	"bytes"
	"errors"
	"io"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// Flags of passphrases, as in [Passphrase.Flag].
const (
	FlagPassphrase = "passphrase"             // of a file that the command reads or writes
	FlagKey        = "key-passphrase"         // of --key-in
	FlagAccount    = "account-key-passphrase" // of account keys
	FlagPKCS12     = "p12-passphrase"         // of --layout pkcs12
)

// Passphrase says where a passphrase or PIN comes from: a file, else a variable,
// else the terminal.
type Passphrase struct {
	// Flag is the common part of flag and variable: key-passphrase has
	// --key-passphrase-file and NFCERT_KEY_PASSPHRASE.
	Flag   string
	File   string // value of the flag, - for standard input; "": not given
	Of     string // what it opens, as prompt and error name it
	PIN    bool   // it may be the PIN of a token
	New    bool   // it will encrypt something: a person types it twice
	Needed bool   // an empty one is an error
}

// Give says how to give the passphrase with this flag.
func Give(flag string) string {
	return "give it with --" + flag + "-file FILE, or $" + cli.EnvName(flag)
}

// PassphraseError says that a passphrase is needed and was not given.
type PassphraseError struct {
	Of   string
	Flag string
}

func (e *PassphraseError) Error() string { return e.Of + ": its passphrase is not given" }

// Given reads the passphrase from the file or the variable. It is zero if there is
// neither.
func (p Passphrase) Given(call *cli.Call) (secret.Bytes, error) {
	switch {
	case p.File == "":
		return secret.New([]byte(call.Getenv(cli.EnvName(p.Flag)))), nil
	case p.Needed:
		return ReadSecret(call, p.File)
	}
	return readLine(call, p.File)
}

// Read reads the passphrase from the file, the variable or the terminal. The error
// is a [*PassphraseError] if no one can be asked.
func (p Passphrase) Read(call *cli.Call) (secret.Bytes, error) {
	if word, err := p.Given(call); p.File != "" || err != nil || !word.IsZero() {
		return word, err
	}
	word, err := p.ask(call)
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) || err == nil && p.Needed && word.IsZero() {
		err = &PassphraseError{Of: p.Of, Flag: p.Flag}
	}
	return word, err
}

// ask prompts for the passphrase.
func (p Passphrase) ask(call *cli.Call) (secret.Bytes, error) {
	prompter, question := call.Prompter(), "Passphrase of "
	if p.PIN {
		question = "Passphrase or PIN of "
	}
	word, err := prompter.Secret(question + p.Of + ":")
	if err == nil && p.New && word != "" {
		var again string
		if again, err = prompter.Secret("Repeat the passphrase:"); err == nil && again != word {
			err = cli.Usagef("nothing was changed; run the command again", "the two passphrases differ")
		}
	}
	if err != nil {
		return secret.Bytes{}, err
	}
	return secret.New([]byte(word)), nil
}

// maxSecret bounds a file with a passphrase or another secret.
const maxSecret = 4 << 10

// ReadSecret reads the only line of a file, or of standard input for "-". An empty
// line is an error. Without a path it returns the zero value.
func ReadSecret(call *cli.Call, path string) (secret.Bytes, error) {
	if path == "" {
		return secret.Bytes{}, nil
	}
	word, err := readLine(call, path)
	if err == nil && word.IsZero() {
		err = &cli.InputError{File: path, Err: errors.New("the first line is empty; want one line with the secret")}
	}
	return word, err
}

// readLine is ReadSecret that accepts an empty line.
func readLine(call *cli.Call, path string) (secret.Bytes, error) {
	data, err := call.ReadFileOr(path, maxSecret)
	if err != nil {
		return secret.Bytes{}, err
	}
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	if len(bytes.TrimSpace(rest)) > 0 {
		return secret.Bytes{}, &cli.InputError{File: path, Err: errors.New("several lines; want one line with the secret")}
	}
	return secret.New(bytes.TrimSuffix(line, []byte("\r"))), nil
}
