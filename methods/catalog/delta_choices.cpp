#include "methods/catalog/delta_choices.h"

namespace diapason {

std::string refusal_of(const DeltaChoices& choices) {
    const bool serial = choices.insertion == DeltaInsertion::serial;
    const bool rows = choices.form == DeltaForm::rows;
    if (choices.point == "embedding" || choices.point == "head")
        return "an adapter modifies a layer's states, but the point " + choices.point + " is outside the layers";
    if (rows != (choices.point == "kv"))
        return rows ? "rows are keys and values: they need the point kv"
                    : "the point kv takes rows of keys and values, not a function of the input";
    if (rows && serial) return "rows answer to the queries of an attention: they act beside it, not after it";
    if (rows && (choices.composition == DeltaComposition::scaled || choices.composition == DeltaComposition::learned))
        return "rows share a softmax with the text: its gate λ is their only scale";
    if (!rows && choices.composition == DeltaComposition::gated)
        return "the gate λ is the share of a softmax that rows get, but this form has no softmax";
    if (choices.form == DeltaForm::multi_head && choices.point != "heads")
        return "a multi-head adapter reads queries: it needs the point heads";
    if (choices.form == DeltaForm::multi_head && serial)
        return "a multi-head adapter reads queries, which come before the attention: it cannot be serial";
    return {};
}

} // namespace diapason
