package wats

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What the tags of a field of settings say.
type field struct {
	name     string
	index    int
	fallback any
	// Whether there is a fallback.
	optional bool
	bounds   []bound
	// Values of an enum, as JSON; none for any.
	allowed []any
}

// A bound of a field, by its word in JSON Schema.
type bound struct {
	word  string
	limit float64
}

func settingsSchema[S any]() (string, error) {
	kind := reflect.TypeFor[S]()
	if kind.Kind() != reflect.Struct {
		return "", Internal("settings must be a struct")
	}
	if kind.NumField() == 0 {
		return "", nil
	}
	if holdsItself(kind, nil) {
		return "", Internal("settings: " + kind.String() + " holds itself, which a schema cannot say")
	}
	schema, err := schemaOf(kind)
	if err != nil {
		return "", err
	}
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	return schema.JSON()
}

func holdsItself(kind reflect.Type, within []reflect.Type) bool {
	if slices.Contains(within, kind) {
		return true
	}
	within = append(within, kind)
	switch kind.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return holdsItself(kind.Elem(), within)
	case reflect.Struct:
		for i := range kind.NumField() {
			if _, ok := nameOf(kind.Field(i)); ok && holdsItself(kind.Field(i).Type, within) {
				return true
			}
		}
	}
	return false
}

// What a field is called, if it is a setting.
func nameOf(of reflect.StructField) (name string, ok bool) {
	name, _, _ = strings.Cut(of.Tag.Get("json"), ",")
	if name == "-" || !of.IsExported() {
		return "", false
	}
	if name == "" {
		name = of.Name
	}
	return name, true
}

func schemaOf(kind reflect.Type) (Object, error) {
	switch kind.Kind() {
	case reflect.String:
		return Object{"type": "string"}, nil
	case reflect.Bool:
		return Object{"type": "boolean"}, nil
	case reflect.Float64, reflect.Float32:
		return Object{"type": "number"}, nil
	case reflect.Int, reflect.Int64:
		return Object{"type": "integer"}, nil
	case reflect.Int8, reflect.Int16, reflect.Int32:
		last := float64(int64(1) << (kind.Bits() - 1))
		return Object{"type": "integer", "minimum": -last, "maximum": last - 1}, nil
	case reflect.Uint, reflect.Uint64:
		return Object{"type": "integer", "minimum": 0}, nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return Object{"type": "integer", "minimum": 0, "maximum": float64(uint64(1)<<kind.Bits() - 1)}, nil
	case reflect.Pointer:
		schema, err := schemaOf(kind.Elem())
		if word, ok := schema["type"].(string); ok {
			schema["type"] = []any{word, "null"}
		}
		return schema, err
	case reflect.Slice:
		items, err := schemaOf(kind.Elem())
		return Object{"type": "array", "items": items}, err
	case reflect.Map:
		if kind.Key().Kind() != reflect.String {
			return nil, Internal("settings: the keys of a map must be strings")
		}
		values, err := schemaOf(kind.Elem())
		return Object{"type": "object", "additionalProperties": values}, err
	case reflect.Struct:
		return schemaOfStruct(kind)
	}
	return nil, Internal("settings: a field has a type that JSON has not: " + kind.String())
}

func schemaOfStruct(kind reflect.Type) (Object, error) {
	properties, required := Object{}, []string{}
	fields, err := fieldsOf(kind)
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		of := kind.Field(field.index)
		schema, err := schemaOf(of.Type)
		if err != nil {
			return nil, err
		}
		if doc := of.Tag.Get("doc"); doc != "" {
			schema["description"] = doc
		}
		for _, bound := range field.bounds {
			schema[bound.word] = bound.limit
		}
		if field.allowed != nil {
			values := []any{}
			for _, value := range field.allowed {
				values = append(values, plain(value))
			}
			if of.Type.Kind() == reflect.Pointer {
				// Left out is null, also where the others are counted.
				values = append(values, nil)
			}
			schema["enum"] = values
		}
		if field.optional {
			schema["default"] = plain(field.fallback)
		} else {
			required = append(required, field.name)
		}
		properties[field.name] = schema
	}
	schema := Object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema, nil
}

func fieldsOf(kind reflect.Type) ([]field, error) {
	var fields []field
	for i := range kind.NumField() {
		of := kind.Field(i)
		name, ok := nameOf(of)
		if !ok {
			continue
		}
		if slices.ContainsFunc(fields, func(other field) bool { return other.name == name }) {
			return nil, Internal("settings: two fields of " + kind.String() + " are called " + name)
		}
		added := field{name: name, index: i}
		if err := added.readBounds(of); err != nil {
			return nil, err
		}
		if text, ok := of.Tag.Lookup("default"); ok {
			value, err := tagged(of.Type, text)
			if err != nil {
				return nil, Internal("settings: the default of " + name + ": " + err.Error())
			}
			// It must fit the field, or the first conversion would tell.
			into := reflect.New(of.Type).Elem()
			err = set(into, value, name, true)
			if err == nil {
				err = added.check(into, name)
			}
			if err != nil {
				return nil, Internal("settings: the default of " + err.Error())
			}
			added.fallback, added.optional = value, true
		} else if of.Type.Kind() == reflect.Pointer {
			added.optional = true
		} else if of.Type.Kind() == reflect.Struct {
			// A struct of which every field has a default has one.
			value := reflect.New(of.Type).Elem()
			if set(value, members{}, name, true) == nil {
				added.fallback, added.optional = members{}, true
			}
		}
		fields = append(fields, added)
	}
	return fields, nil
}

func (f *field) readBounds(of reflect.StructField) error {
	kind := of.Type
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	for _, known := range [...]struct {
		word, what string
		fits       bool
	}{
		{"minimum", "a number", isNumber(kind)}, {"maximum", "a number", isNumber(kind)},
		{"minLength", "a text", kind.Kind() == reflect.String}, {"maxLength", "a text", kind.Kind() == reflect.String},
		{"minItems", "a list", kind.Kind() == reflect.Slice}, {"maxItems", "a list", kind.Kind() == reflect.Slice},
	} {
		text := of.Tag.Get(known.word)
		if text == "" {
			continue
		}
		limit, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(limit) || math.IsInf(limit, 0) {
			return Internal("settings: the " + known.word + " of " + f.name + " is no number")
		}
		if !known.fits {
			return Internal("settings: " + f.name + " has a " + known.word + ", which is for " + known.what + ", and is " + kind.String())
		}
		if known.what != "a number" && (limit < 0 || limit != math.Trunc(limit)) {
			return Internal("settings: the " + known.word + " of " + f.name + " is no whole number from 0")
		}
		f.bounds = append(f.bounds, bound{known.word, limit})
	}
	words := of.Tag.Get("enum")
	if words == "" {
		return nil
	}
	for word := range strings.SplitSeq(words, "|") {
		value, err := tagged(of.Type, word)
		if err == nil {
			err = set(reflect.New(of.Type).Elem(), value, f.name, true)
		}
		if err != nil {
			return Internal("settings: the enum of " + f.name + ": " + err.Error())
		}
		f.allowed = append(f.allowed, value)
	}
	return nil
}

func isNumber(kind reflect.Type) bool {
	return reflect.Int <= kind.Kind() && kind.Kind() <= reflect.Float64
}

// Whether a value that was set keeps the bounds of the field, as the station sees to. name is that of the field with what it lies in.
func (f *field) check(value reflect.Value, name string) error {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return nil
		}
		value = value.Elem()
	}
	for _, bound := range f.bounds {
		var found float64
		of := ""
		switch {
		case value.CanInt():
			found = float64(value.Int())
		case value.CanUint():
			found = float64(value.Uint())
		case value.CanFloat():
			found = value.Float()
		case value.Kind() == reflect.String:
			found, of = float64(utf8.RuneCountInString(value.String())), " characters"
		default:
			found, of = float64(value.Len()), " items"
		}
		allowed := " at least "
		if strings.HasPrefix(bound.word, "max") {
			allowed = " at most "
		}
		if allowed == " at least " && found < bound.limit || allowed == " at most " && found > bound.limit {
			return Misconfigured(name + ": found " + decimal(found) + of + ", allowed are" + allowed + decimal(bound.limit) + of)
		}
	}
	if f.allowed == nil {
		return nil
	}
	var words []string
	for _, allowed := range f.allowed {
		known := reflect.New(value.Type()).Elem()
		if err := set(known, allowed, name, true); err == nil && reflect.DeepEqual(known.Interface(), value.Interface()) {
			return nil
		}
		words = append(words, shown(allowed))
	}
	found := "another value"
	if value.Kind() == reflect.String {
		found = quote(value.String())
	}
	return Misconfigured(name + ": found " + found + ", allowed are " + strings.Join(words, ", "))
}

func decimal(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

func shown(value any) string {
	if text, ok := value.(string); ok {
		return quote(text)
	}
	text, _ := appendJSON(nil, plain(value))
	return string(text)
}

// A value in a tag: JSON, or of a string the text itself.
func tagged(kind reflect.Type, text string) (any, error) {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if kind.Kind() == reflect.String {
		return text, nil
	}
	return readJSON(text)
}

// What was read, as what Object writes.
func plain(value any) any {
	switch value := value.(type) {
	case members:
		object := Object{}
		for _, member := range value {
			object[member.key] = plain(member.value)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = plain(value[i])
		}
		return list
	}
	return value
}

func settingsFrom[S any](text string) (*S, error) {
	settings := new(S)
	if strings.TrimSpace(text) == "" {
		text = "{}"
	}
	into := reflect.ValueOf(settings).Elem()
	if into.Kind() != reflect.Struct {
		return settings, nil
	}
	value, err := readJSON(text)
	if err == nil {
		err = set(into, value, "", true)
	}
	if err != nil {
		return nil, Misconfigured("settings: " + err.Error())
	}
	return settings, nil
}

// Sets a field to a value of JSON. Strict: without members that the structs have no field for.
func set(into reflect.Value, value any, name string, strict bool) error {
	wrong := func(expected string) error { return Misconfigured(name + " must be " + expected) }
	switch into.Kind() {
	case reflect.String:
		text, ok := value.(string)
		if !ok {
			return wrong("a text")
		}
		into.SetString(text)
	case reflect.Bool:
		flag, ok := value.(bool)
		if !ok {
			return wrong("true or false")
		}
		into.SetBool(flag)
	case reflect.Float64, reflect.Float32:
		switch number := value.(type) {
		case float64:
			into.SetFloat(number)
		case int64:
			into.SetFloat(float64(number))
		case uint64:
			into.SetFloat(float64(number))
		default:
			return wrong("a number")
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number, ok := value.(int64)
		if inexact, is := value.(float64); is {
			number = int64(inexact)
			ok = inexact == float64(number)
		}
		if !ok || into.OverflowInt(number) {
			return wrong("a whole number in its range")
		}
		into.SetInt(number)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number, ok := value.(uint64)
		switch value := value.(type) {
		case float64:
			number = uint64(max(value, 0))
			ok = value == float64(number)
		case int64:
			number, ok = uint64(value), value >= 0
		}
		if !ok || into.OverflowUint(number) {
			return wrong("a whole number in its range")
		}
		into.SetUint(number)
	case reflect.Pointer:
		if value == nil {
			into.SetZero()
			return nil
		}
		into.Set(reflect.New(into.Type().Elem()))
		return set(into.Elem(), value, name, strict)
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			return wrong("a list")
		}
		into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
		for i := range list {
			if err := set(into.Index(i), list[i], name+"["+strconv.Itoa(i)+"]", strict); err != nil {
				return err
			}
		}
	case reflect.Map:
		object, ok := value.(members)
		if !ok || into.Type().Key().Kind() != reflect.String {
			return wrong("a table")
		}
		into.Set(reflect.MakeMapWithSize(into.Type(), len(object)))
		for _, member := range object {
			element := reflect.New(into.Type().Elem()).Elem()
			if err := set(element, member.value, name+"."+member.key, strict); err != nil {
				return err
			}
			key := reflect.New(into.Type().Key()).Elem()
			key.SetString(member.key)
			into.SetMapIndex(key, element)
		}
	case reflect.Struct:
		object, ok := value.(members)
		if !ok {
			return wrong("a table")
		}
		return setStruct(into, object, name, strict)
	default:
		return wrong("of a type that JSON has")
	}
	return nil
}

func setStruct(into reflect.Value, object members, name string, strict bool) error {
	fields, err := fieldsOf(into.Type())
	if err != nil {
		return err
	}
	prefix := ""
	if name != "" {
		prefix = name + "."
	}
	known := map[string]bool{}
	for _, field := range fields {
		known[field.name] = true
		value, given := object.get(field.name)
		if !given {
			if !field.optional {
				return Misconfigured(prefix + field.name + " is missing")
			}
			value = field.fallback
		}
		if err := set(into.Field(field.index), value, prefix+field.name, strict); err != nil {
			return err
		}
		if err := field.check(into.Field(field.index), prefix+field.name); err != nil {
			return err
		}
	}
	for _, member := range object {
		if strict && !known[member.key] {
			return Misconfigured(prefix + member.key + " is no setting")
		}
	}
	return nil
}
