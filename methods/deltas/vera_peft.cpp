// VeRA in PEFT's layout: two vectors a module, and A and B once, or the key that draws them.
#include "methods/deltas/vera_delta.h"
#include "methods/interchange/peft/folder/kind.h"
#include "methods/interchange/peft/folder/sink.h"
#include "methods/interchange/peft/folder/source.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <map>

namespace diapason::peft {
namespace {

using Shape = std::vector<std::int64_t>;

struct Vectors {
    const TensorEntry *b = nullptr, *d = nullptr;
};

// The vectors by their modules, in the order of the file; A and B, where the file has them.
struct Entries {
    std::vector<std::string> order;
    std::map<std::string, Vectors> modules;
    const TensorEntry *a = nullptr, *b = nullptr;
};

Entries entries_of(Source& source) {
    Entries entries;
    for (const TensorEntry& entry : source.file().entries()) {
        std::string path = without_wrapper(entry.name);
        if (path == "vera_A" || path == "vera_B") {
            (path == "vera_A" ? entries.a : entries.b) = &entry;
            continue;
        }
        const bool is_b = replace_ending(path, ".vera_lambda_b", "");
        if (!is_b && !replace_ending(path, ".vera_lambda_d", "")) {
            read_other(source, entry);
            continue;
        }
        const auto [module, fresh] = entries.modules.try_emplace(path);
        if (fresh) entries.order.push_back(path);
        (is_b ? module->second.b : module->second.d) = &entry;
    }
    return entries;
}

// A and B as the library has them: stored, or drawn by a key for the largest of the adapted modules.
VeraProjections projections_of(Source& source, const Entries& entries, std::int64_t rank, std::int64_t in,
                               std::int64_t out) {
    VeraProjections projections;
    const bool stored =
        source.settings().field("save_projection").is_null() || source.settings().flag("save_projection");
    if (stored) {
        if (entries.a == nullptr || entries.b == nullptr)
            throw source.error(
                "the tensors vera_A and vera_B are missing, although save_projection says that they are stored");
        projections = {source.read(*entries.a), source.read(*entries.b)};
    } else {
        at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(
            static_cast<std::uint64_t>(source.settings().integer("projection_prng_key", 0)));
        projections = vera_projections(rank, in, out, generator);
    }
    const auto holds = [](const at::Tensor& tensor, std::int64_t rows, std::int64_t columns) {
        return tensor.dim() == 2 && tensor.size(0) >= rows && tensor.size(1) >= columns;
    };
    if (!holds(projections.a, rank, in) || !holds(projections.b, out, rank))
        throw source.error("vera_A or vera_B is too small for maps from " + std::to_string(in) + " to " +
                           std::to_string(out) + " with " + std::to_string(rank) + " rows in between");
    return projections;
}

void read_vera(Source& source) {
    source.check_fields({"bias", "d_initial", "exclude_modules", "fan_in_fan_out", "init_weights", "layers_pattern",
                         "layers_to_transform", "projection_prng_key", "r", "save_projection", "target_modules",
                         "vera_dropout"},
                        {});
    const Entries entries = entries_of(source);
    std::int64_t in = 0, out = 0;
    const std::int64_t rank = source.settings().integer("r", 256);
    for (const std::string& path : entries.order) {
        const Vectors& vectors = entries.modules.at(path);
        if (vectors.b == nullptr || vectors.d == nullptr)
            throw source.error("the module " + path + " has only one of vera_lambda_b and vera_lambda_d");
        const Maps maps = source.maps(path);
        if (vectors.d->shape != Shape{rank} || vectors.b->shape != Shape{maps.out})
            throw source.error("the VeRA tensors of " + path + " do not fit r = " + std::to_string(rank) +
                               " and a map from " + std::to_string(maps.in) + " to " + std::to_string(maps.out));
        in = std::max(in, maps.in);
        out = std::max(out, maps.out);
    }
    if (entries.order.empty()) return;
    Model& model = source.model();
    const VeraProjections projections = projections_of(source, entries, rank, in, out);
    VectorUpdate update;
    update.a = &model.deltas().add("vera_A", projections.a.to(model.device()));
    update.b = &model.deltas().add("vera_B", projections.b.to(model.device()));
    update.dropout = source.settings().number("vera_dropout", 0);
    for (const std::string& path : entries.order) {
        const Maps maps = source.maps(path);
        update.in = maps.in;
        update.lambda_b = &source.add(maps.address + ".vera_lambda_b", *entries.modules.at(path).b);
        update.lambda_d = &source.add(maps.address + ".vera_lambda_d", *entries.modules.at(path).d);
        for (Linear* linear : maps.linears) {
            update.part = linear->part;
            update.parts = linear->parts;
            linear->deltas.push_back(std::make_unique<VeraDelta>(update));
        }
    }
}

const VeraDelta* vera_of(const Linear& linear) {
    return linear.deltas.size() == 1 ? dynamic_cast<const VeraDelta*>(linear.deltas.front().get()) : nullptr;
}

bool write_vera(Sink& sink) {
    const std::vector<Module> modules = modules_with_deltas(sink.model());
    const VectorUpdate* first = nullptr;
    Json targets = Json::array();
    for (const Module& module : modules) {
        const VeraDelta* lead = vera_of(*module.linears.front());
        if (lead == nullptr && first == nullptr) return false;
        const auto same = [&](const Linear* linear) {
            const VeraDelta* own = vera_of(*linear);
            return own != nullptr && lead != nullptr && own->update().lambda_d == lead->update().lambda_d &&
                   own->update().lambda_b == lead->update().lambda_b;
        };
        if (!std::all_of(module.linears.begin(), module.linears.end(), same))
            throw config_error("deltas", module.name,
                               "the PEFT layout allows only one pair of VeRA vectors for all parts of a fused map",
                               "Name all parts among the targets, and choose fused as one map");
        const VectorUpdate& update = lead->update();
        if (first == nullptr) first = &update;
        if (update.a != first->a || update.lambda_d->value.size(0) != first->lambda_d->value.size(0))
            throw config_error("deltas", module.name, "the PEFT layout allows only one pair of A and B, and one rank");
        const std::string path = sink.path(module.name), key = "base_model.model." + path;
        targets.push_back(path);
        sink.add(key + ".vera_lambda_b", update.lambda_b->value);
        sink.add(key + ".vera_lambda_d", update.lambda_d->value);
    }
    if (first == nullptr) return false;
    sink.add("base_model.vera_A", first->a->value);
    sink.add("base_model.vera_B", first->b->value);
    Json& config = sink.config();
    config["peft_type"] = "VERA";
    config["r"] = first->lambda_d->value.size(0);
    config["target_modules"] = targets;
    config["vera_dropout"] = first->dropout;
    config["save_projection"] = true;
    config["projection_prng_key"] = 0; // of no effect: A and B are in the file
    config["bias"] = "none";
    config["fan_in_fan_out"] = modules.front().linears.front()->input_major;
    sink.add_saved_modules("base_model.model.");
    return true;
}

} // namespace

Kind vera_kind() {
    return {"VERA", read_vera, write_vera,
            [](const LinearDelta& delta) { return dynamic_cast<const VeraDelta*>(&delta) != nullptr; }};
}

} // namespace diapason::peft
