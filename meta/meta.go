// Package meta holds the learners: algorithms that adapt to a few labelled
// rows. A [Learner] turns the support set of a [Task] into a [Scorer]; one that
// is also a [Trainer] first learns from many other tasks how to do so. All
// stand behind one interface and in one list, [Learners].
//
// The package knows rows and classes only. In a detection task class 0 is the
// benign one and class 1 the one that is taught, and Known holds rows of other
// attacks that a learner may use or ignore.
package meta

import (
	"context"

	"github.com/inkling-sec/inkling/tensor"
)

// Set is labelled rows: X is [n, d], Y[i] is the class of row i. Columns ought to be finite and on a common scale, as
// feature.Scaler makes them. A taught or benign row with a value that is no number is nobody's neighbour; who learns from all
// rows at once, such as [Logistic] and [MAML], refuses it.
type Set struct {
	X *tensor.Tensor
	Y []int
}

// Len gives the number of rows.
func (s Set) Len() int { return len(s.Y) }

// Task is an N-way K-shot problem. Nothing in it is ever changed by a learner.
type Task struct {
	Ways    int      // 2 or more
	Support Set      // classes 0 to Ways-1, each with at least one row; counts may differ widely
	Query   Set      // to be judged on; empty when there is nothing to judge
	Known   Set      // rows of further classes, numbered from 0 on their own; may be empty (X nil)
	Other   Set      // training only: rows to be judged that are of no way, such as other attacks than the taught one; may be empty
	Classes []int    // which class of its source each way is, where that is known
	Columns []Column // what the columns are; nil where each is a Number
}

// Column says what a column of a task's rows is.
type Column uint8

const (
	Number Column = iota // a number
	View                 // another view of a number that is there already; who looks at columns one by one can leave it out
	Level                // not 0 for one level of a category
)

// Scorer judges rows. It is immutable: any number of goroutines may use it at
// once, and a row's scores do not depend on the rows beside it.
type Scorer interface {
	// Ways gives the number of classes.
	Ways() int
	// Score writes the score of row i of x ([n, d]) for class c to dst[i*Ways()+c];
	// larger is likelier. Scores of one row compare with each other; in a
	// detection task the difference between class 1 and class 0 orders rows.
	Score(dst []float32, x *tensor.Tensor)
}

// Learner adapts to a support set.
type Learner interface {
	Name() string
	// Adapt learns from t.Support (and t.Known, if it likes) and returns a new
	// Scorer; it changes neither the learner nor the task, gives the same
	// Scorer for the same call, and returns ctx.Err() soon after ctx ends. The
	// Scorer may keep the task's rows: they must not change while it is in use.
	Adapt(ctx context.Context, t *Task) (Scorer, error)
}

// Source gives the n-th task of an endless stream. It is a pure function of n
// and safe for use by many goroutines: that is what makes training
// reproducible on any number of cores.
type Source func(n uint64) *Task

// Trainer is a learner with parameters to be meta-trained.
type Trainer interface {
	Learner
	// Train returns a new learner trained on src; the receiver is unchanged.
	// Same source and settings give the same bytes whatever GOMAXPROCS is.
	Train(ctx context.Context, src Source, run Run) (Trainer, error)
	// Params gives the parameters by name and Config what is needed to build the learner anew
	// (JSON-encodable); together they make a model file.
	Params() map[string]*tensor.Tensor
	Config() any
}

// Run says how long to train and whom to tell. The zero value trains with defaults.
type Run struct {
	Iterations int    // outer steps; 0 means the learner's default
	MetaBatch  int    // tasks per outer step; 0 means the learner's default
	Workers    int    // goroutines; 0 means GOMAXPROCS
	Seed       uint64 // initial weights
	// Checkpoint, when set, is a file that is written atomically every CheckpointEvery
	// outer steps (0 means 500) and read at the start if it is there: training then goes on bit-identically.
	Checkpoint      string
	CheckpointEvery int
	Report          func(Progress) // called after each outer step, from one goroutine; may be nil
}

// Progress is the state of a training run after an outer step.
type Progress struct {
	Iteration, Of  int
	Loss, Accuracy float64 // on this step's query rows, mean over tasks
	TasksPerSecond float64
}
