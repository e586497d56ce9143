#include "core/data/sound_rows.h"

#include "core/base/awaited_work.h"
#include "core/base/error.h"
#include "core/data/lines.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace diapason {

Dataset sound_rows(const RowRules& rules, Dataset data, const std::string& file,
                   const std::function<RowFault(const Example&)>& check) {
    LineProblems problems(file);
    std::vector<std::size_t> sound;
    for (std::size_t i = 0; i < data.size(); ++i) {
        work_advances();
        const Example example = data[i];
        RowFault fault;
        try {
            fault = check(example);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::cancelled) throw;
            fault = {error.details().what, error.details().remedy};
        }
        if (fault.what.empty()) {
            sound.push_back(i);
        } else {
            problems.add(example.line, fault.what);
            problems.advise(fault.remedy);
        }
    }
    if (problems.count() == 0) return data;
    if (!rules.skip_bad || sound.empty()) problems.throw_if_any();
    return chosen(std::move(data), std::move(sound)).with_left_out({problems.count(), "\n" + problems.message()});
}

} // namespace diapason
