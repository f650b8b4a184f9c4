package lint

import (
	"cmp"
	"context"
	"slices"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// enrolment is what a saved enrolment supplies: the files to judge, and what to
// judge them by.
type enrolment struct {
	files   []string
	profile string
	nf      *nf.Function
	csr     string // file
}

// findEnrolment loads the enrolment that --name or the only argument names. It
// returns nil if other sources are given or the argument is not an enrolment.
func findEnrolment(call *cli.Call, o *options, args []string) (*enrolment, error) {
	if len(args) > 1 || o.filesFrom != "" || len(args) == 0 && call.Global.Name == "" {
		return nil, nil
	}
	s, err := session.Local(call)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if !s.ForArgument(args[0]) {
			return nil, nil
		}
	}
	en, err := s.Found()
	if err != nil {
		return nil, err
	}
	if en.CSR == nil {
		return nil, &enroll.OutOfTurnError{Name: en.Name, Step: "lint", Needs: enroll.StepCSR, Found: "it has no CSR yet"}
	}
	out := &enrolment{files: []string{en.CSR.File}, profile: en.CSR.Profile, nf: en.NF, csr: en.CSR.File}
	if en.Certificate != nil {
		out.files = append(out.files, en.Certificate.Files[enroll.KindFullchain])
	}
	return out, nil
}

// newJudge returns the judge for the options; en may be nil.
func newJudge(ctx context.Context, call *cli.Call, o *options, en *enrolment) (*judge, error) {
	j := &judge{call: call, failOn: inspect.Severity(o.failOn)}
	var err error
	if j.read, err = o.source.Options(call); err != nil {
		return nil, err
	}
	if err := j.chooseRules(ctx, o, en); err != nil {
		return nil, err
	}
	j.report, err = newReporter(call, j.failOn)
	return j, err
}

// chooseRules sets up our rules and zlint's lints as --only and --skip select them.
func (j *judge) chooseRules(ctx context.Context, o *options, en *enrolment) error {
	only, onlyZlint := splitRules(o.only)
	skip, skipZlint := splitRules(o.skip)
	var err error
	if (len(o.only) == 0 || len(onlyZlint) > 0) && !slices.Contains(skipZlint, zlintName) {
		j.zlint, err = newZlintRun(ctx, o.zlint, func(name string) bool {
			return (len(o.only) == 0 || matchesLint(onlyZlint, name)) && !matchesLint(skipZlint, name)
		})
	}
	if err != nil || len(o.only) > 0 && len(only) == 0 { // --only names only lints of zlint
		return err
	}
	options, err := linterOptions(ctx, j.call, o, en)
	if err != nil {
		return err
	}
	options.Only, options.Skip = only, skip
	if j.linter, err = lint.New(options); err != nil {
		return cli.Usagef("list the rules: nfcert lint --list", "%v", err)
	}
	return nil
}

// linterOptions reads the profile, the network function and the CSR to judge by.
// Flags beat the values of the enrolment.
func linterOptions(ctx context.Context, call *cli.Call, o *options, en *enrolment) (out lint.Options, err error) {
	out.Now = call.Clock()
	profile, against := o.profile, o.against
	if en != nil {
		profile, against = cmp.Or(profile, en.profile), cmp.Or(against, en.csr)
		out.Function = en.nf
	}
	if o.nf != "" {
		file, err := cmdflags.ReadNF(call, o.nf)
		if err != nil {
			return out, err
		}
		out.Function = &file.NF
		profile = cmp.Or(profile, file.Certificate.Profile)
	}
	if profile != "" {
		var ok bool
		if out.Profile, ok = nf.LookupProfile(profile); !ok {
			return out, &enroll.ProfileError{Name: profile}
		}
	}
	if against != "" {
		out.Request, err = readRequest(ctx, call, o, against)
	}
	return out, err
}

// readRequest reads the one CSR in a file.
func readRequest(ctx context.Context, call *cli.Call, o *options, path string) (*inspect.Contents, error) {
	contents, err := o.source.ReadSource(ctx, call, path, true)
	if err != nil {
		return nil, err
	}
	items, _, err := credential.OfKind(contents, certsource.CSR)
	if err != nil {
		return nil, err
	}
	if len(items) > 1 {
		return nil, cli.Usagef("", "--against %q: %d CSRs in the file, want one", path, len(items))
	}
	return inspect.ReadCSR(items[0].DER), nil
}
