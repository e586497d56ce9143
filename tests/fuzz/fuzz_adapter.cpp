// Any bytes as an adapter's folder: refused with a message, or deltas in the model. The input is p (PEFT), a
// (AdapterHub) or d (deltas), then the configuration, then a zero byte and the file of tensors.

#include "core/base/error.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/delta_folder/delta_folder.h"
#include "methods/interchange/peft/peft_folder.h"
#include "tests/fuzz/memory_folder.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cstdint>

namespace {
using namespace diapason;

struct Layout {
    char letter;
    const char *config, *tensors;
    StoredAdapter (*read)(const std::filesystem::path& folder, Model& model);
};
constexpr Layout layouts[] = {
    {'p', "adapter_config.json", "adapter_model.safetensors", read_peft_folder},
    {'a', "adapter_config.json", "adapter.safetensors", read_adapterhub_folder},
    {'d', "delta.json", "delta.safetensors", read_delta_folder},
};

// Changed by every adapter that is read into it.
std::unique_ptr<Model> fresh_model() {
    static const BackboneConfig config = parse_backbone_config({{"model_type", "bert"},
                                                                {"vocab_size", 12},
                                                                {"hidden_size", 8},
                                                                {"num_hidden_layers", 2},
                                                                {"num_attention_heads", 2},
                                                                {"intermediate_size", 12},
                                                                {"max_position_embeddings", 16}},
                                                               "fuzz");
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t{1});
    return Model::create(config, {HeadKind::masked_lm, 0}, at::kCPU, &generator);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzzing::MemoryFolder folder;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    for (const Layout& layout : layouts) {
        if (input.empty() || input.front() != layout.letter) continue;
        const std::size_t end = std::min(input.find('\0'), size);
        folder.write(layout.config, input.substr(1, end - 1));
        folder.write(layout.tensors, input.substr(std::min(end + 1, size)));
        const auto model = fresh_model();
        try {
            const StoredAdapter adapter = layout.read(folder.path(), *model);
            if (adapter.deltas.empty()) __builtin_trap();
        } catch (const Error&) {
        }
    }
    return 0;
}
