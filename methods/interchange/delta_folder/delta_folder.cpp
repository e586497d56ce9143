#include "methods/interchange/delta_folder/source.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

struct Point {
    const char* name;
    void (*read)(delta_folder::Source&, const delta_folder::Place&);
};
constexpr Point points[] = {{"kv", delta_folder::read_prefix},    {"block", delta_folder::read_block},
                            {"heads", delta_folder::read_heads},  {"embedding.prompt", delta_folder::read_prompt},
                            {"q", delta_folder::read_low_rank},   {"k", delta_folder::read_low_rank},
                            {"v", delta_folder::read_low_rank},   {"o", delta_folder::read_low_rank},
                            {"fc1", delta_folder::read_low_rank}, {"fc2", delta_folder::read_low_rank},
                            {"gate", delta_folder::read_low_rank}};

} // namespace

StoredAdapter read_delta_folder(const std::filesystem::path& folder, Model& model) {
    const c10::NoGradGuard guard;
    delta_folder::Source source(folder, model);
    for (const delta_folder::Place& place : source.places()) {
        if (place.stack.empty()) continue; // read where a layer uses it
        const auto* point = std::find_if(std::begin(points), std::end(points),
                                         [&](const Point& candidate) { return place.point == candidate.name; });
        if (point == std::end(points))
            throw source.error("unsupported: the file has deltas at " + place.address + ", which is an unknown point");
        point->read(source, place);
    }
    source.read_head();
    source.finish();
    if (source.adapter().deltas.empty()) throw source.error("the file contains no delta");
    return std::move(source.adapter());
}

} // namespace diapason
