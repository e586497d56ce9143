// Parts of values: attributes, entries, slices, lengths.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/methods.h"
#include "core/text/chat/operators.h"

#include <algorithm>

namespace diapason::chat {
namespace {

Value undefined_part(Run& run, const Value& key) {
    run.spend(4);
    if (key.text() != nullptr) return Undefined{std::make_shared<const std::string>(key.text()->bytes.substr(0, 100))};
    if (key.is_whole()) return Undefined{std::make_shared<const std::string>("item " + std::to_string(key.whole()))};
    return Undefined{};
}

bool has_places(const Value& value) {
    if (value.text() != nullptr) return true;
    if (value.sequence() == nullptr) return false;
    const Form form = value.sequence()->form;
    return form == Form::list || form == Form::tuple || form == Form::range;
}

// As Python's slice.indices(): places from `start` on by `step`, before `stop`.
struct Places {
    std::int64_t start, stop, step;
};
Places places_of(std::int64_t size, const Value& start, const Value& stop, const Value& step) {
    const std::int64_t by = step.is_none() ? 1 : step.whole();
    if (by == 0) throw Fault("the step of a slice is 0");
    const std::int64_t least = by < 0 ? -1 : 0, most = by < 0 ? size - 1 : size;
    const auto bound = [&](const Value& value, std::int64_t otherwise) {
        if (value.is_none()) return otherwise;
        const std::int64_t at = value.whole();
        return at < 0 ? std::max(at + size, least) : std::min(at, most);
    };
    return {bound(start, by < 0 ? most : least), bound(stop, by < 0 ? least : most), by};
}

template <class Take>
void for_places(const Places& places, Take take) {
    for (std::int64_t at = places.start; places.step > 0 ? at < places.stop : at > places.stop;) {
        take(static_cast<std::size_t>(at));
        if (__builtin_add_overflow(at, places.step, &at)) return;
    }
}

Value sliced_text(Run& run, const Text& text, const Places& places, std::size_t size) {
    run.spend(text.bytes.size() / 16);
    if (places.step == 1) {
        const auto begin = static_cast<std::size_t>(places.start), end = static_cast<std::size_t>(places.stop);
        if (begin >= end) return run.text_like(text, {});
        const std::string_view rest = std::string_view(text.bytes).substr(byte_of_character(text.bytes, begin));
        return run.text_like(text, std::string(rest.substr(0, byte_of_character(rest, end - begin))));
    }
    run.allow_items(size);
    const std::vector<std::string_view> characters = split_characters(text.bytes);
    std::string out;
    for_places(places, [&](std::size_t at) { out += characters[at]; });
    return run.text_like(text, std::move(out));
}

} // namespace

Value attribute(Run& run, const Value& value, std::string_view name, const Undefined& otherwise) {
    if (value.is_undefined())
        throw Fault(in_words(*value.undefined()) + ", and the template asks for its " + std::string(name));
    if (const Object* object = value.object()) return object->attribute(run, name).value_or(otherwise);
    if (const Method* method = find_method(value, name))
        return method->function == nullptr ? Value(otherwise) : Value(run.keep<BoundMethod>(value, *method));
    if (const Mapping* mapping = value.mapping()) {
        if (const Value* entry = mapping->find(name)) return *entry;
    }
    return otherwise;
}

Value subscript(Run& run, const Value& value, const Value& key) {
    if (value.is_undefined()) throw Fault(in_words(*value.undefined()) + ", and the template asks for an entry of it");
    if (const Mapping* mapping = value.mapping()) {
        const bool possible =
            key.mapping() == nullptr && (key.sequence() == nullptr || key.sequence()->form == Form::tuple);
        if (const Value* entry = possible ? mapping->find(run, key) : nullptr) return *entry;
    }
    if (has_places(value) && key.is_whole()) {
        const std::int64_t size = length(run, value);
        const std::int64_t at = key.whole() < 0 ? key.whole() + size : key.whole();
        if (at < 0 || at >= size) return undefined_part(run, key);
        if (value.text() == nullptr) return value.sequence()->items[static_cast<std::size_t>(at)];
        const std::string& text = value.text()->bytes;
        const std::string_view rest =
            std::string_view(text).substr(byte_of_character(text, static_cast<std::size_t>(at)));
        return run.text_like(*value.text(), std::string(rest.substr(0, byte_of_character(rest, 1))));
    }
    if (const Text* name = key.text()) {
        run.spend(name->bytes.size() / 16);
        const Value undefined = undefined_part(run, key);
        return value.mapping() != nullptr && find_method(value, name->bytes) == nullptr
                   ? undefined
                   : attribute(run, value, name->bytes, *undefined.undefined());
    }
    return undefined_part(run, key);
}

Value slice(Run& run, const Value& value, const Value& start, const Value& stop, const Value& step) {
    if (value.is_undefined()) throw Fault(in_words(*value.undefined()) + ", and the template cuts a slice of it");
    for (const Value* bound : {&start, &stop, &step}) {
        if (!bound->is_none() && !bound->is_whole())
            throw Fault("the bounds of a slice are integers, not " + kind_in_words(*bound));
    }
    if (!has_places(value)) throw Fault(kind_in_words(value) + " cannot be cut into slices");
    const std::int64_t size = length(run, value);
    const Places places = places_of(size, start, stop, step);
    if (const Text* text = value.text()) return sliced_text(run, *text, places, static_cast<std::size_t>(size));
    std::vector<Value> items;
    for_places(places, [&](std::size_t at) { items.push_back(value.sequence()->items[at]); });
    return run.list(std::move(items), value.sequence()->form == Form::tuple ? Form::tuple : Form::list);
}

std::int64_t length(Run& run, const Value& value) {
    if (value.is_undefined()) return 0;
    if (const Text* text = value.text()) {
        run.spend(text->bytes.size() / 64);
        return static_cast<std::int64_t>(count_characters(text->bytes));
    }
    if (const Mapping* mapping = value.mapping()) return static_cast<std::int64_t>(mapping->entries().size());
    const Sequence* sequence = value.sequence();
    if (sequence == nullptr || sequence->form == Form::generator)
        throw Fault(kind_in_words(value) + " does not have a length",
                    sequence == nullptr ? "" : "In Jinja, | list makes a list of a generator");
    return static_cast<std::int64_t>(sequence->items.size());
}

} // namespace diapason::chat
