package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/driplet/driplet/core"
)

// Plugins is what operators do with plugins while the server runs.
type Plugins interface {
	// Serving tells what serves, as a list for JSON.
	Serving() any
	// Push checks a plugin, keeps it and lets it serve. The answer is for JSON;
	// an error is a *core.Error, bad_request with the text for its author.
	Push(ctx context.Context, name string, manifest, wasm []byte) (any, error)
	// Traces tells a plugin's last events, for JSON: on an endpoint ("": all),
	// behind a number (0: all), at most so many (0: all). An error is a
	// *core.Error.
	Traces(name, endpoint string, after uint64, last int) (any, error)
}

// AdminOptions say what the admin listener serves.
type AdminOptions struct {
	Token         string // every request bears it; must not be empty
	Plugins       Plugins
	ManifestBytes int64 // a pushed manifest's at most
	ModuleBytes   int64 // a pushed wasm file's at most
	Warn          func(text string)
}

// NewAdmin builds the routes of the admin listener. It is no part of New: what
// is asked here needs the admin token, and an address of its own.
func NewAdmin(o AdminOptions) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	a := &admin{AdminOptions: o, token: sha256.Sum256([]byte(o.Token))}
	e.Use(gin.CustomRecoveryWithWriter(nil, recovered(o.Warn)), a.authorize)
	e.GET("/admin/plugins", a.plugins)
	e.PUT("/admin/plugins/:name", a.push)
	e.GET("/admin/plugins/:name/trace", a.traces)
	e.NoRoute(notFound)
	e.NoMethod(notAllowed)
	return e
}

type admin struct {
	AdminOptions
	token [sha256.Size]byte
}

// authorize lets in who bears the token (RFC 6750, 2.1). Hashes are compared, so
// that the time tells nothing of the token, its length included.
func (a *admin) authorize(c *gin.Context) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	given := sha256.Sum256([]byte(strings.TrimSpace(token)))
	if subtle.ConstantTimeCompare(given[:], a.token[:]) == 1 && strings.EqualFold(scheme, "Bearer") {
		return
	}
	c.Header("WWW-Authenticate", `Bearer realm="driplet admin"`)
	text := "the token is another than Global.AdminToken"
	if token == "" {
		text = "send the header Authorization: Bearer with Global.AdminToken"
	}
	fail(c, core.Errorf(core.CodeUnauthorized, "%s", text))
}

func (a *admin) plugins(c *gin.Context) {
	c.JSON(http.StatusOK, map[string]any{"plugins": a.Plugins.Serving()})
}

// traces answers with a plugin's last events: ?endpoint=, ?after= (a record's
// seq), ?last=.
func (a *admin) traces(c *gin.Context) {
	after, errAfter := strconv.ParseUint(c.DefaultQuery("after", "0"), 10, 64)
	last, errLast := strconv.ParseUint(c.DefaultQuery("last", "0"), 10, 16)
	if errAfter != nil || errLast != nil {
		fail(c, core.Errorf(core.CodeBadRequest, "after and last are whole numbers: ?after=SEQ&last=20"))
		return
	}
	answer, err := a.Plugins.Traces(c.Param("name"), c.Query("endpoint"), after, int(last))
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store") // it holds people's data
	c.PureJSON(http.StatusOK, answer)
}

// push takes a plugin as multipart/form-data (RFC 7578) with the parts manifest
// and wasm.
func (a *admin) push(c *gin.Context) {
	manifest, wasm, err := a.upload(c)
	if err != nil {
		fail(c, err)
		discardBody(c)
		return
	}
	// Whoever goes away meanwhile has pushed all the same.
	answer, err := a.Plugins.Push(context.WithoutCancel(c.Request.Context()), c.Param("name"), manifest, wasm)
	if err == nil {
		c.JSON(http.StatusOK, answer)
		return
	}
	if e := core.AsError(err); e.Code == core.CodeBadRequest {
		failWith(c, http.StatusUnprocessableEntity, e) // the request is well, the plugin is not
		return
	}
	fail(c, err)
}

// uploadTime is how long a push may take to come: 16 MiB at 60 KB a second.
const uploadTime = 5 * time.Minute

// formBytes is room for what stands around the parts.
const formBytes = 64 << 10

func (a *admin) upload(c *gin.Context) (manifest, wasm []byte, err error) {
	// Only the deadline's absence is possible as an error: then there is none.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTime))
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, a.ManifestBytes+a.ModuleBytes+formBytes)
	form, err := c.Request.MultipartReader()
	if err != nil {
		return nil, nil, core.Errorf(core.CodeBadRequest, "send multipart/form-data with the parts manifest and wasm")
	}
	for {
		part, err := form.NextRawPart()
		if err == io.EOF { // wrapped, it is an end too early
			break
		}
		if err != nil {
			return nil, nil, badUpload(err)
		}
		switch name := part.FormName(); name {
		case "manifest":
			manifest, err = readPart(part, a.ManifestBytes)
		case "wasm":
			wasm, err = readPart(part, a.ModuleBytes)
		default:
			err = core.Errorf(core.CodeBadRequest, "there is no part %.80q: send manifest and wasm", name)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if manifest == nil || wasm == nil {
		return nil, nil, core.Errorf(core.CodeBadRequest, "a part is missing: send both manifest and wasm")
	}
	return manifest, wasm, nil
}

func readPart(part *multipart.Part, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	switch {
	case err != nil:
		return nil, badUpload(err)
	case int64(len(data)) > limit:
		return nil, core.Errorf(core.CodeTooLarge, "the part %s has more than %d bytes", part.FormName(), limit)
	}
	return data, nil
}

func badUpload(err error) error {
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return core.Errorf(core.CodeTooLarge, "the body is longer than a manifest and a wasm file may be")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return core.Errorf(core.CodeTimeout, "the body did not come whole within %s", uploadTime)
	}
	return core.Errorf(core.CodeBadRequest, "the body is no whole multipart/form-data: %v", err)
}
