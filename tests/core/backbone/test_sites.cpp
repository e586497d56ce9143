// Site addresses and patterns, and configurations that cannot be meant.

#include "core/backbone/sites.h"
#include "tests/support/test_support.h"

#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

BackboneConfig encoder() {
    return read_backbone_config(embedded_backbone("encoder-mini"));
}
BackboneConfig decoder() {
    return read_backbone_config(embedded_backbone("decoder-mini"));
}

} // namespace

class TestSites : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void addressesAreUnique() {
        for (const BackboneConfig& config : {encoder(), decoder()}) {
            std::set<std::string> seen;
            for (const Site& site : sites_of(config))
                QVERIFY2(seen.insert(site.address()).second, site.address().c_str());
            QVERIFY(seen.count(config.stack() + ".embedding") == 1);
            QVERIFY(seen.count(config.stack() + ".0.self_attn.q") == 1);
        }
    }

    void patterns() {
        const BackboneConfig config = encoder();
        const auto layers = std::size_t(config.layers);
        QCOMPARE(match_sites(config, "q,v").size(), 2 * layers);
        QCOMPARE(match_sites(config, "encoder.*.self_attn.{q,k,v,o}").size(), 4 * layers);
        QCOMPARE(match_sites(config, "encoder.0-1.ffn.fc1").size(), std::size_t(2));
        QCOMPARE(match_sites(config, "encoder.{0,1}.ffn.fc1 encoder.0.self_attn.q").size(), std::size_t(3));
        QCOMPARE(match_sites(config, "encoder.0.self_attn.q; encoder.0.self_attn.q").size(), std::size_t(1));
    }

    void patternsThatMatchNothingAreErrors() {
        const BackboneConfig config = encoder();
        for (const char* pattern : {"gate", "decoder.0.self_attn.q", "encoder.99.ffn.fc1", "", "{", "a.b.c.d.e"})
            QVERIFY2(caught([&] { match_sites(config, pattern); }).thrown, pattern);
    }

    void widths() {
        const BackboneConfig config = decoder();
        const Site key = match_sites(config, "decoder.0.self_attn.k").front();
        QCOMPARE(key.out, config.kv_heads * config.head_width);
        QVERIFY(config.kv_heads <= config.heads);
        QCOMPARE(match_sites(config, "decoder.0.ffn.fc2").front().in, config.ffn_width);
    }

    void embeddedBackbonesAreSmall() {
        QVERIFY(encoder().parameter_count() <= 8'000'000);
        QVERIFY(decoder().parameter_count() <= 8'000'000);
    }

    void badConfigurationsListEverything() {
        const Json document = {{"model_type", "bert"},      {"hidden_size", -4},
                               {"num_hidden_layers", 1e12}, {"num_attention_heads", 3},
                               {"intermediate_size", "x"},  {"vocab_size", 100},
                               {"hidden_act", "wobble"},    {"max_position_embeddings", 12}};
        const Caught error = caught([&] { parse_backbone_config(document, "config.json"); });
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        for (const char* part : {"config.json", "hidden_size", "num_hidden_layers", "intermediate_size", "hidden_act"})
            QVERIFY2(error.says(part), error.message.c_str());
        QVERIFY(caught([] { parse_backbone_config({{"model_type", "mamba"}}, "config.json"); }).says("mamba"));
        QVERIFY(caught([] { parse_backbone_config(Json::array(), "config.json"); }).thrown);
    }

    void headsMustDivide() {
        const Json document = {{"model_type", "llama"},    {"hidden_size", 32},
                               {"num_hidden_layers", 1},   {"num_attention_heads", 4},
                               {"num_key_value_heads", 3}, {"intermediate_size", 64},
                               {"vocab_size", 100},        {"max_position_embeddings", 12}};
        QVERIFY(caught([&] { parse_backbone_config(document, "config.json"); }).says("num_key_value_heads"));
    }
};

DIAPASON_TEST(TestSites)
#include "test_sites.moc"
