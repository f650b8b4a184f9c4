package commands

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/accountfile"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// transferFlags say what encrypts the file of an account.
type transferFlags struct{ passphraseFile string }

func (o *transferFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase of the exported file, - for stdin; or $NFCERT_PASSPHRASE")
}

// passphrase is that of the file: from a file, the variable, or a terminal.
func (o *transferFlags) passphrase(a *Call, ask func() (secret.Bytes, error)) (secret.Bytes, error) {
	if o.passphraseFile != "" {
		return a.readWholePassphrase(o.passphraseFile)
	}
	if word := a.Getenv("NFCERT_PASSPHRASE"); word != "" {
		return secret.New([]byte(word)), nil
	}
	word, err := ask()
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) || err == nil && word.IsZero() {
		return word, &transferPassphraseError{}
	}
	return word, err
}

// transferPassphraseError says that an account's file has no passphrase.
type transferPassphraseError struct{}

func (*transferPassphraseError) Error() string {
	return "an exported account is always encrypted, and its passphrase is not given"
}

// exportOptions are the flags of account export.
type exportOptions struct {
	transferFlags
	force bool
}

func newAccountExport(env *Env) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use: "export FILE", Short: "Write the account and its key into one encrypted file",
		Long: `Write the account and its key into one file, encrypted by a passphrase, to be
imported on another machine. The key is a PEM block that openssl opens too; all
else is encrypted and authenticated with it. The account stays as it is here, and
both machines can use it: a rollover on one takes it from the other.`,
		Example: `  nfcert account export ops.account --account ops
  nfcert account export ops.account --passphrase-file pass.txt --force`,
		Args: wantArgs(1, 1, "the file to write (- for stdout)"),
		RunE: env.run(func(ctx context.Context, a *Call, args []string) error {
			return a.runAccountExport(ctx, o, args[0])
		}),
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.force, "force", false, "replace the file when it is there")
	return cmd
}

func (a *Call) runAccountExport(ctx context.Context, o *exportOptions, path string) error {
	if err := a.mustExistWhenTyped(); err != nil {
		return err
	}
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		word, err := o.passphrase(a, func() (secret.Bytes, error) { return a.chosenPassphrase("the exported file") })
		if err != nil {
			return err
		}
		file, acc, err := s.engine.ExportAccount(ctx, s.account, word)
		if err != nil {
			return err
		}
		if path == "-" {
			return writeAll(a.Streams.Out, file)
		}
		if path, err = absolute(path); err != nil {
			return err
		}
		if err := store.Install([]store.File{{Path: path, Data: file}}, store.InstallOptions{Overwrite: o.force}); err != nil {
			return &enroll.OutputError{Err: err}
		}
		a.Progress.say("account", "account "+acc.Name+" exported to "+path)
		return a.printAccount(acc, false, "")
	})
}

// importOptions are the flags of account import.
type importOptions struct {
	transferFlags
	encrypt bool
}

func newAccountImport(env *Env) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Take over an account that account export wrote",
		Long: `Save an account and its key out of a file of account export, under its own name or
that of --account. Nothing is overwritten, and nothing is asked of the CA. A key
that was encrypted where it came from is encrypted here too: by the passphrase of
--account-key-passphrase-file, else by the file's own.`,
		Example: `  nfcert account import ops.account
  nfcert account update --account ops --server https://ca.example/directory --ca-root ca.pem`,
		Args: wantArgs(1, 1, "the file to read (- for stdin)"),
		RunE: env.run(func(ctx context.Context, a *Call, args []string) error {
			return a.runAccountImport(ctx, o, args[0])
		}),
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.encrypt, "account-key-encrypt", false, "encrypt the saved key by a passphrase of its own; also when --account-key-passphrase-file or $NFCERT_ACCOUNT_KEY_PASSPHRASE is given")
	return cmd
}

func (a *Call) runAccountImport(ctx context.Context, o *importOptions, path string) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	s, err := a.local()
	if err != nil {
		return err
	}
	data, err := a.readFileOr(path, accountfile.MaxSize)
	if err != nil {
		return err
	}
	carried, err := enroll.OpenExport(data, func() (secret.Bytes, error) {
		return o.passphrase(a, func() (secret.Bytes, error) {
			word, err := a.prompter().Secret("Passphrase of " + path + ":")
			return secret.New([]byte(word)), err
		})
	})
	if err != nil {
		return fileError(path, err)
	}
	if a.Global.server != "" {
		meant, err := a.chooseServer(s.store, "")
		if err != nil {
			return err
		}
		if meant.URL != carried.Account.Server {
			return usagef("leave --server out", "the account is one at %s, and --server names %s", carried.Account.Server, meant.URL)
		}
	}
	seal := accountKeyFlags{encrypt: o.encrypt}
	acc, err := s.engine.ImportAccount(ctx, carried, a.Global.account, seal.seal(a))
	if err != nil {
		return err
	}
	a.Progress.say("account", "account "+acc.Name+" imported; nothing was asked of the CA yet")
	next := []string{"--server", acc.Server, "--account", acc.Name}
	known, err := servers(s.store)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(sv *server) bool { return sv.URL == acc.Server }) {
		next = append(next, "--ca-root", "FILE") // its trust was not carried along
	}
	return a.printAccount(acc, false, a.line("account update", next...))
}

// fileError names the file that an import's error is about.
func fileError(path string, err error) error {
	_, damaged := as[*accountfile.DamagedError](err)
	_, newer := as[*accountfile.VersionError](err)
	if damaged || newer || errors.Is(err, accountfile.ErrWrongPassphrase) {
		return &inputError{File: path, Err: err}
	}
	return err
}
