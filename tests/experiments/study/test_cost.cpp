// How much a run computes, by formula: what differs between methods is what they say of themselves.

#include "core/library/library.h"
#include "experiments/study/cost.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

double operations(const std::string& method, const Json& options = Json::object(),
                  const std::string& backbone = "encoder-mini") {
    const Json document = {{"format", "diapason-study"},
                           {"version", 1},
                           {"title", "Cost"},
                           {"backbone", backbone},
                           {"task", "section"},
                           {"methods", {{{"method", method}, {"options", options}}}},
                           {"seeds", {1}}};
    const RunSpec spec = expand(study_from_json(document, "test")).front().spec;
    return run_operations(spec, read_backbone_config(resolve_backbone(spec.backbone)), load_task(spec.task));
}

} // namespace

class TestCost : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theDeeperTheBackwardPassTheMore() {
        const double head = operations("head_only"), last = operations("last_layers", {{"layers", 1}}),
                     lora = operations("lora"), all = operations("full_tuning");
        QVERIFY2(head < last && last < lora && lora < all, (std::to_string(head) + " " + std::to_string(last) + " " +
                                                            std::to_string(lora) + " " + std::to_string(all))
                                                               .c_str());
    }

    void membersReadEveryInput() {
        const double one = operations("prompt_tuning", {{"length", 5}});
        const double three = operations("prompt_tuning", {{"length", 5}, {"members", 3}});
        QVERIFY(qAbs(three / one - 3) < 1e-9);
    }

    void softTokensAndDemonstrationsAreRead() {
        QVERIFY(operations("prompt_tuning", {{"length", 40}}) > operations("prompt_tuning", {{"length", 5}}));
        const auto told = [](int demonstrations) {
            return operations("in_context", {{"demonstrations", demonstrations}}, "decoder-mini");
        };
        QVERIFY(told(8) > told(4));
        QVERIFY(told(4) < operations("lora", {}, "decoder-mini")); // nothing is trained
    }
};

DIAPASON_TEST(TestCost)
#include "test_cost.moc"
