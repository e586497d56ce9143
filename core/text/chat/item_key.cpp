#include "core/text/chat/item_key.h"

#include "core/base/whole_number.h"
#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/operators.h"

#include <algorithm>

namespace diapason::chat {

ItemKey::ItemKey(Run& run, const Value& attribute) {
    if (attribute.is_none()) return;
    if (attribute.is_whole()) {
        m_steps.push_back(attribute);
        return;
    }
    if (attribute.text() == nullptr)
        throw Fault("an attribute is named by a string or a number, not by " + kind_in_words(attribute));
    std::string_view rest = attribute.text()->bytes;
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = rest.find('.');
        const std::string_view step = rest.substr(0, end);
        run.spend(2);
        const auto place = whole_number<std::int64_t>(step);
        m_steps.push_back(place && *place >= 0 ? Value(*place) : run.text(std::string(step)));
        if (end != std::string_view::npos) rest.remove_prefix(end + 1);
    }
}

Value ItemKey::of(Run& run, const Value& item, const Value* otherwise) const {
    Value value = item;
    for (const Value& step : m_steps) {
        value = subscript(run, value, step);
        if (value.is_undefined() && otherwise != nullptr) value = *otherwise;
    }
    return value;
}

Value ItemKey::folded(Run& run, const Value& item, bool fold) const {
    Value value = of(run, item);
    if (fold && value.text() != nullptr) return run.text_like(*value.text(), lower(value.text()->bytes));
    return value;
}

} // namespace diapason::chat
