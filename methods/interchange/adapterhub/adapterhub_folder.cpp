#include "methods/interchange/adapterhub/sink.h"
#include "methods/interchange/adapterhub/source.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

// By the field "architecture"; a bottleneck has none.
struct Kind {
    const char* name;
    void (*read)(adapterhub::Source&, const Settings&);
};
constexpr Kind kinds[] = {
    {"", adapterhub::read_bottleneck}, {"prefix_tuning", adapterhub::read_prefix}, {"lora", adapterhub::read_lora}};

constexpr std::size_t max_parts = 100; // of all unions; each goes through all tensors

// @param parts so far
void read_part(adapterhub::Source& source, const Json& config, std::size_t& parts) {
    const Settings settings(source.config_file(), config);
    if (!config.is_object()) throw input_error(source.config_file(), "a configuration must be an object");
    const std::string name = settings.text("architecture", "");
    if (name == "union") { // several adapters that are one: MAM
        const Json& configs = settings.field("configs");
        if (!configs.is_array() || configs.empty())
            throw settings.error("configs", "a union must be a list of at least one part");
        for (const Json& part : configs)
            read_part(source, part, parts);
        return;
    }
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return name == k.name; });
    if (kind == std::end(kinds)) throw settings.error("architecture", "unsupported: adapters of this kind");
    if (++parts > max_parts)
        throw settings.error("architecture", "unions may have at most " + std::to_string(max_parts) + " parts in all");
    kind->read(source, settings);
}

} // namespace

StoredAdapter read_adapterhub_folder(const std::filesystem::path& folder, Model& model) {
    const c10::NoGradGuard guard;
    adapterhub::Source source(folder, model);
    std::size_t parts = 0;
    read_part(source, source.config(), parts);
    source.finish();
    source.read_head();
    if (source.adapter().deltas.empty()) throw source.error("the file contains no tensor of the adapter");
    return std::move(source.adapter());
}

void write_adapterhub_folder(const std::filesystem::path& folder, Model& model, const std::string& name) {
    const c10::NoGradGuard guard;
    model.prepare();
    if (name.empty() || name.find('.') != std::string::npos)
        throw config_error("name", name, "an adapter's name must be a word without dots");
    for (const auto& parameter : model.weights().all()) {
        if (parameter->value.requires_grad() && !model.in_head(parameter.get()))
            throw adapterhub::cannot(parameter->name, "trained tensors of the backbone");
    }
    for (const NamedTable& item : model.backbone().tables()) {
        if (!item.table->deltas.empty()) throw adapterhub::cannot(item.module, "deltas of embeddings");
    }
    for (const Stack& stack : model.backbone().stacks()) {
        if (!stack.entered.empty())
            throw adapterhub::cannot(stack.shape.name, "invertible adapters: they are only read");
        for (const Layer& layer : stack.layers) {
            if (!layer.self.head_deltas.empty() || !layer.cross.head_deltas.empty())
                throw config_error("deltas", "heads", "the AdapterHub layout has no adapters at heads");
        }
    }
    if (model.prompt() != nullptr)
        throw config_error("deltas", "embedding", "soft prompts are written in the PEFT layout");
    adapterhub::Sink sink(model, name);
    adapterhub::write_prefix(sink);
    adapterhub::write_bottleneck(sink);
    adapterhub::write_lora(sink);
    if (sink.parts() == 0)
        throw config_error("deltas", "none", "there is nothing that an AdapterHub folder could contain");
    sink.write(folder);
}

} // namespace diapason
