#include "methods/deltas/adapter/coupling.h"
#include "methods/interchange/adapterhub/source.h"

namespace diapason::adapterhub {

// Behind the embeddings of the first stack. The library's own models undo it in
// front of their outputs; transformers' heads, which folders are read for here,
// do not.
void read_invertible(Source& source, const Settings& s) {
    const Json& nested = s.field("invertible_adapter"); // as the first versions wrote it
    const std::string kind =
        nested.is_object() ? Settings(source.config_file(), nested).text("block_type", "") : s.text("inv_adapter", "");
    if (kind.empty()) return;
    // Folders of tasks from before adapters 1.0 name one that was never used.
    if (source.document().value("type", Json()) == "text_task" && !source.holds("invertible_adapters")) return;
    if (source.model().config().model_type == "qwen2")
        throw s.error("inv_adapter", "unsupported: on Qwen2 the library also undoes it before the output");
    if (kind != "nice") throw s.error("inv_adapter", "unsupported: must be nice");
    Stack& stack = source.model().backbone().stack(source.model().backbone().stacks().front().shape.name);
    std::map<std::string, Parameter*> tensors;
    for (const auto& [key, entry] : source.open("invertible_adapters"))
        tensors[key.rest] = &source.take(stack.shape.name + ".embedding.coupling." + key.rest, *entry);
    const std::int64_t width = source.model().config().width, first = width / 2;
    const auto network = [&](const std::string& name, std::int64_t in, std::int64_t out) {
        const auto need = [&](const std::string& tensor, std::int64_t rows, std::int64_t columns) {
            Parameter* parameter = tensors[name + "." + tensor];
            const bool fits = parameter != nullptr && parameter->value.size(0) == rows &&
                              (columns == 0 ? parameter->value.dim() == 1
                                            : parameter->value.dim() == 2 && parameter->value.size(1) == columns);
            if (!fits)
                throw source.error("the invertible adapter lacks " + name + "." + tensor +
                                   ", or it does not fit the backbone");
            return parameter;
        };
        Parameter* bias = tensors[name + ".0.bias"];
        const std::int64_t size = bias == nullptr ? 0 : bias->value.numel();
        return NiceCoupling::Network{need("0.weight", size, in), need("0.bias", size, 0), need("2.weight", out, size),
                                     need("2.bias", out, 0)};
    };
    const DeltaActivation activation = delta_activation(s.text("non_linearity", "relu"));
    if (activation == nullptr)
        throw s.error("non_linearity", "unsupported: must be one of " + delta_activation_names());
    const NiceCoupling::Network f = network("F", width - first, first), g = network("G", first, width - first);
    stack.entered.push_back(std::make_unique<NiceCoupling>(f, g, activation));
}

} // namespace diapason::adapterhub
