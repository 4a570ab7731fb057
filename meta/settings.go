package meta

import (
	"errors"
	"fmt"
	"math"
	"reflect"
)

// ready gives the shape of the rows of a task and says what is wrong with the settings of l, a pointer to a learner, or with
// the task's support set.
func ready(l any, t *Task) (n, d int, err error) {
	if err := checkSettings(l); err != nil {
		return 0, 0, err
	}
	return dims(t)
}

// checkSettings refuses numbers that no learner, model or run can have. It looks at the exported fields of what v points to,
// also of structs in it, so that a field that is new is looked at too. Learners in it look after themselves.
func checkSettings(v any) error { return checkFields(reflect.ValueOf(v).Elem()) }

func checkFields(v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if err := checkField(f.Name, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func checkField(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		return checkFields(v)
	case reflect.Int:
		if n := v.Int(); n < 0 && !(name == "Out" && n == AsConvolved) {
			return fmt.Errorf("%s is %d: give 1 or more, or 0 for the default", name, n)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if n, ok := v.Index(i).Interface().(int); ok && n < 1 {
				return fmt.Errorf("%s has a %d in it: give numbers of 1 or more", name, n)
			}
		}
	case reflect.Float32, reflect.Float64:
		switch x := v.Float(); {
		case math.IsNaN(x) || math.IsInf(x, 0) || x < 0 && name != "Clip": // Clip below 0 means none
			return fmt.Errorf("%s is %v: give a number above 0, or 0 for the default", name, x)
		case name == "Width" && x > 1000:
			return fmt.Errorf("%s is %v: give 1000 at most", name, x)
		case name == "Dropout" && x >= 1, name == "Least" && x > 1:
			return fmt.Errorf("%s is %v: give a share, below 1", name, x)
		}
	}
	return nil
}

// checkNetwork says which of a model's settings make no network together.
func (m *Model) checkNetwork() error {
	i := m.Image
	switch {
	case m.Net != nil:
	case m.Filters == nil && m.Out < 0:
		return fmt.Errorf("setting Out is %d without Filters: give 1 or more, or 0 for the default", m.Out)
	case m.Filters == nil:
	case len(m.Filters) == 0:
		return errors.New("setting Filters has no block: give the filters of each, or nil for an MLP")
	case i.Height == 0 || i.Width == 0 || i.Channels == 0:
		return fmt.Errorf("setting Filters goes with an Image of %d x %d x %d: say what height, width and channels a row has", i.Height, i.Width, i.Channels)
	case m.In != 0 && m.In != i.Height*i.Width*i.Channels:
		return fmt.Errorf("an Image of %d x %d x %d in rows of %d columns", i.Height, i.Width, i.Channels, m.In)
	}
	return nil
}
