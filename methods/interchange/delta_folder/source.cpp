#include "methods/interchange/delta_folder/source.h"

#include "core/base/whole_number.h"
#include "methods/interchange/stored_weights.h"

#include <algorithm>

namespace diapason::delta_folder {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> parts_of(const std::string& name) {
    std::vector<std::string> parts(1);
    for (const char c : name) {
        if (c == '.')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::string joined(const std::vector<std::string>& parts, std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to && i < parts.size(); ++i)
        text += (i == from ? "" : ".") + parts[i];
    return text;
}

// "<stack>.<layer>.<sublayer>.<point>.…", "shared.<sublayer>.<point>.…", "<stack>.embedding.prompt.…", and for tables
// of all layers "<stack>.<sublayer>.<point>.…".
Place place_of(const std::vector<std::string>& parts, std::size_t& used) {
    Place place;
    const bool shared = parts[0] == "shared";
    if (!shared) place.stack = parts[0];
    std::size_t at = 1;
    if (const auto layer = parts.size() > 1 ? whole_number(parts[1]) : std::nullopt; layer && *layer >= 0) {
        place.layer = *layer;
        at = 2;
    }
    if (parts.size() > at && parts[at] == "embedding") {
        place.point = joined(parts, at, at + 2);
    } else if (parts.size() > at + 1) {
        place.sublayer = parts[at];
        place.point = parts[at + 1];
    }
    used = at + 2;
    place.address = joined(parts, 0, used);
    return place;
}

} // namespace

Source::Source(const fs::path& folder, Model& model)
    : m_document(read_json(folder / "delta.json")),
      m_settings((folder / "delta.json").string(), m_document),
      m_file(folder / "delta.safetensors"),
      m_model(model) {
    if (!m_document.is_object()) throw input_error((folder / "delta.json").string(), "is not a JSON object");
    std::map<std::string, std::size_t> index; // of m_places, by address
    for (const TensorEntry& entry : m_file.entries()) {
        const std::vector<std::string> parts = parts_of(entry.name);
        if (parts[0] == "head") {
            m_head.push_back(&entry);
            continue;
        }
        std::size_t used = 0;
        Place place = place_of(parts, used);
        if (place.point.empty() || parts.size() <= used)
            throw error("the name " + entry.name + " is not the address of a delta's tensor");
        const auto [known, fresh] = index.try_emplace(place.address, m_places.size());
        if (fresh) m_places.push_back(std::move(place));
        m_places[known->second].tensors[joined(parts, used, parts.size())] = &entry;
    }
}

Site Source::site_of(const Place& place) const {
    for (const Site& site : sites_of(m_model.config())) {
        if (site.stack == place.stack && site.layer == place.layer && site.sublayer == place.sublayer &&
            site.point == place.point)
            return site;
    }
    throw error("the backbone has no site " + place.address);
}

bool Source::first_prefix_of(const std::string& stack) {
    return m_prefixed.insert(stack).second;
}

Parameter& Source::take(const TensorEntry& entry) {
    if (const auto known = m_adapter.parameters.find(entry.name); known != m_adapter.parameters.end())
        return *known->second;
    Parameter& parameter = m_model.deltas().add(entry.name, read_tensor(m_file, entry).to(m_model.device()));
    m_adapter.deltas.push_back(&parameter);
    m_adapter.parameters[entry.name] = &parameter;
    return parameter;
}

Parameter* Source::find(const Place& place, const std::string& name) {
    const auto found = place.tensors.find(name);
    return found == place.tensors.end() ? nullptr : &take(*found->second);
}

Parameter& Source::need(const Place& place, const std::string& name, const std::vector<std::int64_t>& shape) {
    Parameter* parameter = find(place, name);
    if (parameter == nullptr) throw error("the tensor " + place.address + "." + name + " is missing");
    bool fits = static_cast<std::int64_t>(shape.size()) == parameter->value.dim();
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
        fits = shape[i] < 0 || parameter->value.size(static_cast<std::int64_t>(i)) == shape[i];
    if (!fits) throw error("the tensor " + place.address + "." + name + " has a shape that does not fit the backbone");
    return *parameter;
}

const Place* Source::shared(const std::string& sublayer, const std::string& point) const {
    const auto found = std::find_if(m_places.begin(), m_places.end(), [&](const Place& place) {
        return place.stack.empty() && place.sublayer == sublayer && place.point == point;
    });
    return found == m_places.end() ? nullptr : &*found;
}

DeltaTensor Source::tensor(const Place& place, const std::string& name, const std::vector<std::int64_t>& shape) {
    if (place.tensors.count(name) != 0) return {&need(place, name, shape)};
    // The score of "down.weight" may be named after the map, too.
    std::string stem = name;
    if (place.tensors.count(name + ".score") == 0) replace_ending(stem, ".weight", "");
    const Place* prototype = shared(place.sublayer, place.point);
    if (prototype == nullptr) throw error("the tensor " + place.address + "." + name + " is missing");
    DeltaTensor tensor{&need(*prototype, name, shape)};
    if (place.tensors.count(stem + ".score") != 0) {
        tensor.scores = &need(place, stem + ".score", tensor.parameter->value.sizes().vec());
        tensor.keep = keep();
        derive_mask(place, stem, tensor);
    }
    return tensor;
}

void Source::derive_mask(const Place& place, const std::string& name, const DeltaTensor& tensor) {
    m_adapter.mask_scores.push_back(tensor.scores);
    m_adapter.derived["mask." + place.address + (name.empty() ? "" : "." + name)] = [tensor] {
        return kept_mask(tensor.scores->value, tensor.keep);
    };
}

PrefixTable& Source::shared_table(const Place& prototype, const std::function<std::unique_ptr<PrefixTable>()>& make) {
    PrefixTable*& table = m_tables[&prototype];
    if (table == nullptr) {
        auto fresh = make();
        table = fresh.get();
        m_model.add_module(std::move(fresh));
    }
    return *table;
}

double Source::keep() const {
    const double keep = m_settings.number("keep", -1);
    if (!(keep > 0 && keep <= 1)) throw m_settings.error("keep", "must be above 0 and at most 1");
    return keep;
}

void Source::read_head() {
    for (const TensorEntry* entry : m_head) {
        Parameter& parameter =
            replace_weight(m_model, entry->name.substr(5), read_tensor(m_file, *entry), m_file.path().string());
        m_adapter.parameters[entry->name] = &parameter;
        m_adapter.saved_modules.push_back(&parameter);
    }
}

void Source::finish() const {
    for (const TensorEntry& entry : m_file.entries()) {
        if (m_adapter.parameters.count(entry.name) == 0)
            throw error("unsupported: the tensor " + entry.name + " is not part of a known delta");
    }
}

} // namespace diapason::delta_folder
