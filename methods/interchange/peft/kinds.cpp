#include "methods/deltas/ia3_delta.h"
#include "methods/deltas/lora_delta.h"
#include "methods/interchange/peft/folder/kind.h"
#include "methods/interchange/peft/readers.h"

namespace diapason::peft {
namespace {

template <class Delta>
bool is_a(const LinearDelta& delta) {
    return dynamic_cast<const Delta*>(&delta) != nullptr;
}

} // namespace

Kind lora_kind() {
    return {"LORA", read_lora, write_lora, is_a<LoraDelta>};
}

Kind ia3_kind() {
    return {"IA3", read_ia3, write_ia3,
            [](const LinearDelta& delta) { return is_a<OutputScale>(delta) || is_a<InputScale>(delta); }};
}

Kind prompt_tuning_kind() {
    return {"PROMPT_TUNING", read_prompt, write_prompt};
}

Kind p_tuning_kind() {
    return {"P_TUNING", read_prompt}; // write_prompt() writes prompts with an encoder too
}

Kind prefix_tuning_kind() {
    return {"PREFIX_TUNING", read_prefix, write_prefix};
}

Kind trainable_tokens_kind() {
    return {"TRAINABLE_TOKENS", read_tokens};
}

} // namespace diapason::peft
