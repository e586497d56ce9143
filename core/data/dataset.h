// Examples as they come from a file, before tokenisation.
#pragma once

#include <string>
#include <vector>

namespace diapason {

struct Example {
    std::string id;
    std::string text;
    std::string pair;     ///< second text, empty when the task has none
    std::string label;    ///< classification
    std::string target;   ///< generation
    std::string source;   ///< what it must not share with another split (its document, its package); may be empty
    int label_index = -1; ///< position in Task::labels
};

using Dataset = std::vector<Example>;

} // namespace diapason
