#include "core/data/example.h"

namespace diapason {

const std::vector<ExampleField>& example_fields() {
    static const std::vector<ExampleField> fields = {
        {"text", "The text, or the first of two", &Example::text},
        {"pair", "The second text: a hypothesis, a question", &Example::pair},
        {"label", "The class, or the right option", &Example::label},
        {"target", "The text to be written", &Example::target},
        {"number", "The number to be predicted", &Example::number},
        {"labels", "Any number of classes at once", &Example::labels},
        {"options", "The answers that a question offers", &Example::options},
        {"references", "Texts that are right beside the target", &Example::references, true},
        {"words", "The words of the text", &Example::words},
        {"tags", "A tag for each word", &Example::tags},
        {"answers", "The parts of the text that answer", &Example::answers},
        {"group", "What metrics by group average over", &Example::group, true},
        {"id", "What identifies the row; without it, its line", &Example::id, true},
        {"source", "What a row must not share with another split", &Example::source, true},
        {"split", "The split that a row belongs to: train, validation, test, ood", &Example::split, true},
    };
    return fields;
}

const ExampleField* find_example_field(const std::string& name) {
    for (const ExampleField& field : example_fields()) {
        if (name == field.name) return &field;
    }
    return nullptr;
}

} // namespace diapason
