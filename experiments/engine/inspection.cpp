#include "experiments/engine/inspection.h"

#include "core/base/whole_number.h"
#include "experiments/engine/asking.h"
#include "experiments/engine/run_model.h"
#include "methods/deltas/lora_delta.h"
#include "methods/inspect/change_recorder.h"
#include "methods/inspect/low_rank.h"
#include "methods/inspect/masks.h"
#include "methods/inspect/soft_prompt.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace diapason {
namespace {

constexpr std::int64_t items_per_batch = 16;

Json numbers(const at::Tensor& values) {
    Json list = Json::array();
    for (std::int64_t i = 0; i < values.size(0); ++i)
        list.push_back(values.dim() == 1 ? Json(values[i].item<double>()) : numbers(values[i]));
    return list;
}

// The low-rank update of a map; null = none.
const LoraDelta* update_of(const Linear& linear) {
    for (const auto& delta : linear.deltas) {
        if (const auto* lora = dynamic_cast<const LoraDelta*>(delta.get())) return lora;
    }
    return nullptr;
}

Json update_facts(Model& model, Model* other) {
    std::map<std::string, const LoraDelta*> others;
    if (other != nullptr) {
        for (const auto& [site, linear] : other->backbone().linears())
            others[site.address()] = update_of(*linear);
    }
    Json list = Json::array();
    for (const auto& [site, linear] : model.backbone().linears()) {
        const LoraDelta* lora = update_of(*linear);
        if (lora == nullptr) continue;
        const at::Tensor singular = update_spectrum(lora->own_a(), lora->own_b(), lora->update().scale);
        const double weight = at::linalg_vector_norm(linear->floats()).item<double>();
        Json facts = {
            {"site", site.address()},
            {"rank", lora->own_a().size(0)},
            {"singular_values", numbers(singular)},
            {"relative_norm", at::linalg_vector_norm(lora->weight_change()).item<double>() / std::max(weight, 1e-300)}};
        const LoraDelta* twin = others[site.address()];
        if (twin != nullptr) facts["similarity"] = numbers(subspace_similarity(lora->own_a(), twin->own_a()));
        list.push_back(std::move(facts));
    }
    return list;
}

Json prompt_facts(Model& model, const Tokenizer& tokenizer, std::int64_t words) {
    const auto near = [&](const std::vector<NearWord>& list) {
        Json json = Json::array();
        for (const NearWord& word : list)
            json.push_back({{"word", tokenizer.decode({word.id})}, {"id", word.id}, {"value", word.value}});
        return json;
    };
    Json list = Json::array();
    for (const SoftToken& token :
         nearest_words(model.prompt()->rows(), model.backbone().word_embedding().floats(), words)) {
        list.push_back(
            {{"norm", token.norm}, {"by_cosine", near(token.by_cosine)}, {"by_distance", near(token.by_distance)}});
    }
    return list;
}

// Masks that the same tensor of each layer is stored with: the number of the layer is what their names differ in.
Json mask_facts(const Model& model) {
    std::map<std::string, std::pair<Json, std::vector<at::Tensor>>> groups;
    for (const StoredForm& form : model.stored_forms()) {
        if (!form.name.ends_with(".mask")) continue;
        const std::size_t first = form.name.find('.') + 1, end = form.name.find('.', first);
        const auto layer = whole_number(std::string_view(form.name).substr(first, end - first));
        if (!layer) continue;
        auto& [layers, masks] = groups[form.name.substr(0, first) + "#" + form.name.substr(end)];
        layers.push_back(*layer);
        masks.push_back(form.value());
    }
    Json list = Json::array();
    for (const auto& [name, group] : groups) {
        if (group.second.size() > 1)
            list.push_back(
                {{"masks", name}, {"layers", group.first}, {"overlap", numbers(mask_overlap(group.second))}});
    }
    return list;
}

// Inputs are made as the run made its own: with its template, its members, its demonstrations.
void add_activations(const StoredRun& stored, std::int64_t items, Json& facts) {
    const ResolvedRun& run = stored.run;
    Model& model = *stored.model;
    TaskData& data = *stored.data;
    const std::string split = data.has("validation") ? "validation" : "train";
    const std::int64_t count = std::min(items, std::ssize(data.split(split).examples));
    std::optional<Asking> asking;
    if (Asking::wanted(data.task(), run.asking, run.in_words))
        asking.emplace(data, model, run.asking, run.spec.seed, run.training.integer("max_train_items"));
    ChangeRecorder recorder(model);
    ForwardState state;
    state.prefixes = recorder.observer();
    for (std::int64_t first = 0; first < count; first += items_per_batch) {
        std::vector<Sequence> sequences;
        for (std::int64_t i = first; i < std::min(count, first + items_per_batch); ++i) {
            const auto item = static_cast<std::size_t>(i);
            if (asking)
                sequences.push_back(asking->training_sequence(split, item));
            else
                data.add_training_sequences(split, item, model.prompt_template(), sequences);
        }
        model.hidden(model.pack(sequences), state);
    }
    for (const SiteChange& change : recorder.changes())
        facts["sites"].push_back({{"site", change.site}, {"relative_change", change.relative}});
    for (const PrefixAttention& attention : recorder.attention())
        facts["attention"].push_back({{"site", attention.site}, {"heads", attention.heads}});
}

} // namespace

Json inspect_adapter(const InspectionRequest& request) {
    const c10::NoGradGuard guard;
    const StoredRun stored = load_stored_run(request.adapter);
    const StoredRun other = request.other.empty() ? StoredRun{} : load_stored_run(request.other);
    const RunSpec& spec = stored.run.spec;
    Json facts = {{"method", spec.method}, {"backbone", spec.backbone}, {"task", spec.task}};
    stored.model->prepare();
    if (const Json updates = update_facts(*stored.model, other.model.get()); !updates.empty())
        facts["updates"] = updates;
    if (const Json masks = mask_facts(*stored.model); !masks.empty()) facts["masks"] = masks;
    if (stored.model->prompt() != nullptr)
        facts["prompt"] = prompt_facts(*stored.model, stored.data->tokenizer(), request.words);
    add_activations(stored, request.items, facts);
    return facts;
}

} // namespace diapason
