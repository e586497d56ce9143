#include "core/text/chat/object.h"

#include "core/text/chat/fault.h"

#include <algorithm>

namespace diapason::chat {

Bound::Bound(const Signature& signature, const Arguments& arguments, const std::string& who)
    : m_values(signature.names.size(), nullptr),
      m_all(arguments),
      m_who(who) {
    if (arguments.positional.size() > m_values.size() && !signature.open)
        throw Fault(who + " takes at most " + std::to_string(m_values.size()) + " arguments, not " +
                    std::to_string(arguments.positional.size()));
    for (std::size_t i = 0; i < std::min(arguments.positional.size(), m_values.size()); ++i)
        m_values[i] = &arguments.positional[i];
    for (const auto& [name, value] : arguments.named) {
        const auto found = std::find(signature.names.begin(), signature.names.end(), name);
        if (found == signature.names.end()) {
            if (signature.open) continue;
            throw Fault(who + " does not take an argument " + name);
        }
        const Value*& place = m_values[static_cast<std::size_t>(found - signature.names.begin())];
        if (place != nullptr) throw Fault(who + " is given its argument " + name + " twice");
        place = &value;
    }
    for (std::size_t i = 0; i < signature.needed; ++i) {
        if (m_values[i] == nullptr) throw Fault(who + " needs its argument " + std::string(signature.names[i]));
    }
}

std::int64_t Bound::whole(std::size_t place, std::int64_t fallback) const {
    if (!has(place)) return fallback;
    const Value& value = at(place);
    if (!value.is_whole()) throw Fault(m_who + " needs an integer, not " + kind_in_words(value));
    return value.whole();
}

std::string_view Bound::text(std::size_t place, std::string_view fallback) const {
    if (!has(place)) return fallback;
    const Value& value = at(place);
    if (value.text() == nullptr) throw Fault(m_who + " needs a string, not " + kind_in_words(value));
    return value.text()->bytes;
}

Value Object::call(Run&, const Arguments&) {
    throw Fault(kind() + " cannot be called");
}

std::optional<Value> Object::attribute(Run&, std::string_view) const {
    return std::nullopt;
}

std::optional<std::vector<Value>> Object::elements(Run&) const {
    return std::nullopt;
}

std::string Builtin::shown(Run&) const {
    return "<function " + m_name + ">";
}

Value Builtin::call(Run& run, const Arguments& arguments) {
    return m_function(run, Bound(m_signature, arguments, m_name + "()"));
}

} // namespace diapason::chat
