// Any bytes as config.json: all problems in one message, or a config whose shapes can be worked with.

#include "core/backbone/family.h"
#include "core/backbone/rotary_scaling.h"
#include "core/base/error.h"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    try {
        const std::string_view text(reinterpret_cast<const char*>(data), size);
        const BackboneConfig config = parse_backbone_config(parse_json(text, "fuzz"), "fuzz");
        for (const ExpectedTensor& tensor : backbone_tensors(config)) {
            for (const std::int64_t dimension : tensor.shape) {
                if (dimension < 1) __builtin_trap();
            }
        }
        if (config.parameter_count() < 1) __builtin_trap();
        if (config.positions == PositionKind::rotary) {
            const RotaryScaling scaling = rotary_scaling(config);
            for (const std::int64_t length : {std::int64_t{1}, config.max_positions, 4 * config.max_positions}) {
                for (const double frequency : scaling.frequencies(length)) {
                    if (!(frequency >= 0) || frequency > 1e7) __builtin_trap();
                }
            }
        }
        for (const StackShape& stack : config.stacks()) {
            if (stack.heads % stack.kv_heads != 0) __builtin_trap();
        }
        for (const HeadKind kind : {HeadKind::none, HeadKind::sequence_classification, HeadKind::masked_lm,
                                    HeadKind::causal_lm, HeadKind::seq2seq_lm}) {
            try {
                head_tensors(config, kind, 2);
            } catch (const Error&) {
            }
        }
    } catch (const Error&) {
    }
    return 0;
}
