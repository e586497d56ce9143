#include "core/text/chat/value.h"

#include "core/text/chat/fault.h"
#include "core/text/chat/object.h"
#include "core/text/chat/run.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace diapason::chat {
namespace {

// Keys that are equal in Python (1, 1.0 and true) have the same identity; others differ.
void identify(Run& run, const Value& key, std::string& to) {
    run.spend(2);
    run.allow_bytes(to.size());
    if (const Text* text = key.text()) {
        run.spend(text->bytes.size() / 16);
        to += 's' + std::to_string(text->bytes.size()) + ':' + text->bytes;
    } else if (key.is_whole()) {
        to += 'i' + std::to_string(key.whole()) + ';';
    } else if (const double* real = key.real()) {
        if (*real == std::floor(*real) && std::abs(*real) < 9.2e18)
            to += 'i' + std::to_string(static_cast<std::int64_t>(*real)) + ';';
        else
            to += 'f' + std::to_string(std::bit_cast<std::uint64_t>(*real)) + ';';
    } else if (key.is_none()) {
        to += 'n';
    } else if (key.is_undefined()) {
        to += 'u';
    } else if (const Sequence* tuple = key.sequence(); tuple && tuple->form == Form::tuple) {
        to += 't' + std::to_string(tuple->items.size()) + '(';
        for (const Value& item : tuple->items)
            identify(run, item, to);
        to += ')';
    } else if (key.object() != nullptr) {
        to += 'o' + std::to_string(reinterpret_cast<std::uintptr_t>(key.object())) + ';';
    } else {
        throw Fault(kind_in_words(key) + " cannot be the key of a dictionary");
    }
}

std::string identity(Run& run, const Value& key) {
    std::string text;
    identify(run, key, text);
    return text;
}

std::string identity(std::string_view name) {
    return 's' + std::to_string(name.size()) + ':' + std::string(name);
}

} // namespace

void Mapping::set(Run& run, Value key, Value value) {
    m_height = std::max({m_height, 1 + key.height(), 1 + value.height()});
    const auto [place, fresh] = m_places.emplace(identity(run, key), m_entries.size());
    if (fresh)
        m_entries.emplace_back(std::move(key), std::move(value));
    else
        m_entries[place->second].second = std::move(value);
}

const Value* Mapping::find(Run& run, const Value& key) const {
    const auto found = m_places.find(identity(run, key));
    return found == m_places.end() ? nullptr : &m_entries[found->second].second;
}

const Value* Mapping::find(std::string_view name) const {
    const auto found = m_places.find(identity(name));
    return found == m_places.end() ? nullptr : &m_entries[found->second].second;
}

Object* Value::object() const {
    Object* const* object = std::get_if<Object*>(&m_data);
    return object == nullptr ? nullptr : *object;
}

int Value::height() const {
    if (const Sequence* list = sequence()) return list->height;
    if (const Mapping* dictionary = mapping()) return dictionary->height();
    return 0;
}

bool Value::truth() const {
    if (is_none() || is_undefined()) return false;
    if (is_whole()) return whole() != 0;
    if (real() != nullptr) return *real() != 0;
    if (text() != nullptr) return !text()->bytes.empty();
    if (const Sequence* list = sequence()) return list->form == Form::generator || !list->items.empty();
    if (mapping() != nullptr) return !mapping()->entries().empty();
    return true;
}

Value plain_text_value(std::string text) {
    return Value(std::make_shared<const Text>(Text{std::move(text)}));
}

std::string in_words(const Undefined& value) {
    return value.name ? "'" + *value.name + "' is undefined" : "a value is undefined";
}

std::string kind_in_words(const Value& value) {
    static const char* const forms[] = {"a list",     "a tuple",      "a range",     "a generator",
                                        "a key list", "a value list", "an item list"};
    if (value.is_undefined()) return "an undefined value";
    if (value.is_none()) return "none";
    if (value.boolean() != nullptr) return "a boolean";
    if (value.integer() != nullptr) return "an integer";
    if (value.real() != nullptr) return "a float";
    if (value.text() != nullptr) return "a string";
    if (value.sequence() != nullptr) return forms[static_cast<int>(value.sequence()->form)];
    if (value.mapping() != nullptr) return "a dictionary";
    return value.object()->kind();
}

} // namespace diapason::chat
