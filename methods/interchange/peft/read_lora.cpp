#include "core/base/error.h"
#include "methods/deltas/lora_delta.h"
#include "methods/deltas/table_delta.h"
#include "methods/init/lora_init.h"
#include "methods/interchange/peft/readers.h"

#include <ATen/TensorOperators.h>

#include <cmath>

namespace diapason::peft {
namespace {

// The tensors of one module.
struct Entries {
    const TensorEntry *a = nullptr, *b = nullptr, *bias = nullptr, *magnitude = nullptr;
    bool table = false;   ///< the module is an embedding
    bool started = false; ///< the file holds the weight from which the init has taken its start
};

// Takes a LoRA tensor's ending off. @return the slot that it is for; null when the tensor is none of LoRA's
const TensorEntry** slot_of(std::string& path, std::map<std::string, Entries>& modules,
                            std::vector<std::string>& order) {
    const std::pair<const char*, const TensorEntry * Entries::*> endings[] = {
        {".lora_A.weight", &Entries::a},
        {".lora_B.weight", &Entries::b},
        {".lora_B.bias", &Entries::bias},
        {".lora_embedding_A", &Entries::a},
        {".lora_embedding_B", &Entries::b},
        {".lora_magnitude_vector", &Entries::magnitude},
        {".lora_magnitude_vector.weight", &Entries::magnitude}};
    for (const auto& [ending, member] : endings) {
        if (!replace_ending(path, ending, "")) continue;
        const auto [found, fresh] = modules.try_emplace(path);
        if (fresh) order.push_back(path);
        if (std::string_view(ending).find("embedding") != std::string_view::npos) found->second.table = true;
        return &(found->second.*member);
    }
    return nullptr;
}

void check_shapes(const Source& source, const std::string& path, const Entries& e, const Maps& maps) {
    using Shape = std::vector<std::int64_t>;
    if (e.a == nullptr || e.b == nullptr)
        throw source.error("the module " + path + " has only one of lora_A and lora_B");
    const bool flat = e.a->shape.size() == 2 && e.a->shape[0] > 0;
    const std::int64_t rank = flat ? e.a->shape[0] : 0;
    const bool fits = flat && e.a->shape == Shape{rank, maps.in} && e.b->shape == Shape{maps.out, rank} &&
                      (e.bias == nullptr || e.bias->shape == Shape{maps.out}) &&
                      (e.magnitude == nullptr || e.magnitude->elements() == maps.out);
    if (!fits)
        throw source.error("the LoRA tensors of " + path + " do not fit a map from " + std::to_string(maps.in) +
                           " to " + std::to_string(maps.out));
}

// The library makes the tensors from the config and refuses a file that has others: the scale is alpha over that rank.
void check_rank(const Source& source, const std::string& path, std::int64_t rank) {
    const double given = source.rank_of(path);
    if (given != static_cast<double>(rank))
        throw source.settings().error("r", "the tensors of " + path + " have rank " + std::to_string(rank) +
                                               ", and rank_pattern does not say so");
}

// Inits that take their start out of the weight: the library does so again whenever it loads the adapter.
void subtract_start(Source& source, const Maps& maps, std::int64_t rank, LowRank& update) {
    const Json& init = source.settings().field("init_lora_weights");
    if (!init.is_string()) return;
    const auto kind = init.get<std::string>();
    const bool singular = kind == "pissa" || kind.rfind("pissa_niter_", 0) == 0;
    if (!singular && kind != "olora" && kind != "OLoRA") {
        if (kind == "corda" || kind == "loftq")
            throw source.settings().error(
                "init_lora_weights", "unsupported: this init changes the backbone with data that the folder lacks");
        return;
    }
    if (kind.rfind("pissa_niter_", 0) == 0)
        source.adapter().warnings.push_back(
            source.file().path().string() +
            ": the library computes this start with random draws; the exact one is used");
    Parameter& weight = *maps.linears.front()->weight;
    const bool turned = maps.linears.front()->input_major;
    const at::Tensor matrix = turned ? weight.value.t() : weight.value;
    const LowRankStart start = singular ? pissa_start(matrix, rank, update.scale) : olora_start(matrix, rank);
    const at::Tensor rest = matrix - start.b.matmul(start.a) * update.scale;
    update.start_a = start.a;
    update.start_b = start.b;
    weight.value = (turned ? rest.t() : rest).contiguous();
}

double scale_of(const Source& source, const std::string& path, std::int64_t rank) {
    const auto r = static_cast<double>(rank);
    return source.alpha_of(path) / (source.settings().flag("use_rslora") ? std::sqrt(r) : r);
}

// An embedding: the module's own table; what it shares with others is theirs.
void read_table(Source& source, const std::string& path, const Entries& e) {
    if (e.a == nullptr || e.b == nullptr)
        throw source.error("the module " + path + " has only one of lora_embedding_A and lora_embedding_B");
    const std::optional<NamedTable> found = source.table(path);
    if (!found) { // the stacks of an encoder-decoder look tokens up in modules of their own
        source.adapter().warnings.push_back(source.file().path().string() + ": nothing is looked up in " + path +
                                            ", so its update has no effect");
        source.add("unused." + path + ".lora_A", *e.a);
        source.add("unused." + path + ".lora_B", *e.b);
        if (e.magnitude != nullptr) source.add("unused." + path + ".lora_magnitude", *e.magnitude);
        return;
    }
    const at::Tensor& weight = found->table->weight->value;
    using Shape = std::vector<std::int64_t>;
    const std::int64_t rank = e.a->shape.empty() ? 0 : e.a->shape[0], width = weight.size(1);
    if (rank < 1 || e.a->shape != Shape{rank, weight.size(0)} || e.b->shape != Shape{width, rank} ||
        (e.magnitude != nullptr && e.magnitude->elements() != width))
        throw source.error("the LoRA tensors of " + path + " do not fit a table of " + std::to_string(weight.size(0)) +
                           " vectors of " + std::to_string(width));
    check_rank(source, path, rank);
    LoraTable::Update update;
    update.scale = scale_of(source, path, rank);
    update.a = &source.add(found->address + ".lora_A", *e.a);
    update.b = &source.add(found->address + ".lora_B", *e.b);
    if (e.magnitude != nullptr) update.magnitude = &source.add(found->address + ".lora_magnitude", *e.magnitude);
    found->table->deltas.push_back(std::make_unique<LoraTable>(update, *found->table));
}

void read_module(Source& source, const std::string& path, const Entries& e) {
    if (e.table) return read_table(source, path, e);
    const Maps maps = source.maps(path);
    check_shapes(source, path, e, maps);
    const std::int64_t rank = e.a->shape[0];
    check_rank(source, path, rank);
    LowRank update;
    update.scale = scale_of(source, path, rank);
    update.dropout = source.settings().number("lora_dropout", 0);
    if (!e.started) subtract_start(source, maps, rank, update);
    update.a = &source.add(maps.address + ".lora_A", *e.a);
    update.b = &source.add(maps.address + ".lora_B", *e.b);
    if (e.bias != nullptr) update.bias = &source.add(maps.address + ".lora_B.bias", *e.bias);
    Parameter* magnitude =
        e.magnitude == nullptr ? nullptr : &source.add(maps.address + ".lora_magnitude", *e.magnitude);
    for (Linear* linear : maps.linears) {
        update.part = linear->part;
        update.parts = linear->parts;
        if (magnitude == nullptr)
            linear->deltas.push_back(std::make_unique<LoraDelta>(update));
        else
            linear->deltas.push_back(std::make_unique<DoraDelta>(update, *magnitude, *linear));
    }
}

} // namespace

void read_lora(Source& source) {
    source.check_fields({"alpha_pattern",
                         "bias",
                         "corda_config",
                         "ensure_weight_tying",
                         "eva_config",
                         "exclude_modules",
                         "fan_in_fan_out",
                         "init_lora_weights",
                         "kasa_config",
                         "layers_pattern",
                         "layers_to_transform",
                         "loftq_config",
                         "lora_alpha",
                         "lora_bias",
                         "lora_dropout",
                         "lora_ga_config",
                         "megatron_config",
                         "megatron_core",
                         "monteclora_config",
                         "qalora_group_size",
                         "r",
                         "rank_pattern",
                         "target_modules",
                         "trainable_token_indices",
                         "use_dora",
                         "use_rslora",
                         "velora_config"},
                        {"alora_invocation_tokens", "arrow_config", "layer_replication", "target_parameters",
                         "use_bdlora", "use_qalora"});
    std::map<std::string, Entries> modules;
    std::vector<std::string> order;
    std::vector<const TensorEntry*> others;
    for (const TensorEntry& entry : source.file().entries()) {
        std::string path = without_wrapper(entry.name);
        if (const TensorEntry** slot = slot_of(path, modules, order)) {
            *slot = &entry;
        } else if (path.find(".lora_") != std::string::npos) {
            throw source.error("unsupported: the tensor " + entry.name + " of LoRA");
        } else {
            others.push_back(&entry);
        }
    }
    if (source.settings().flag("use_dora")) {
        for (const auto& [path, entries] : modules) {
            if (entries.magnitude == nullptr)
                throw source.error("the tensor lora_magnitude_vector of " + path + " is missing");
        }
    }
    for (const TensorEntry* entry : others) {
        std::string path = without_wrapper(entry->name);
        if (replace_ending(path, ".base_layer.weight", "") && modules.count(path) != 0) modules.at(path).started = true;
    }
    read_others(source, others);
    for (const std::string& path : order)
        read_module(source, path, modules.at(path));
}

} // namespace diapason::peft
