// By what filters look at the items of a list: the items themselves, or an attribute of them.
#pragma once

#include "core/text/chat/run.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diapason::chat {

/// "name", "a.b", "0" or a number: the way to a part. Nothing: the item itself.
class ItemKey {
public:
    ItemKey(Run& run, const Value& attribute); ///< none: the item itself @throws Fault

    /// @param otherwise what stands for a missing part, on the way too; null: nothing does
    Value of(Run& run, const Value& item, const Value* otherwise = nullptr) const;
    /// The same in lower case where it is a text and `fold`.
    Value folded(Run& run, const Value& item, bool fold) const;

private:
    std::vector<Value> m_steps;
};

} // namespace diapason::chat
