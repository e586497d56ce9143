#include "ui/plots/curve_layers.h"

#include "ui/theme/theme.h"

namespace diapason::ui {
namespace {

// How much of the others is covered. Less on a dark ground, where an equal share is fainter to the eye.
double cover() {
    return isDark() ? 0.6 : 0.72;
}

} // namespace

CurveLayers::CurveLayers(QCustomPlot& plot) : m_plot(plot), m_grid(plot.xAxis->grid()->layer()) {
    QCPLayer* below = plot.layer(QStringLiteral("main"));
    const auto next = [&](const QString& name) {
        plot.addLayer(name, below, QCustomPlot::limAbove);
        return below = plot.layer(name);
    };
    const char* const parts[] = {"raw", "band", "run", "mean"};
    for (std::size_t part = 0; part < PartCount; ++part)
        m_layers[0][part] = next(QLatin1String(parts[part]));
    QCPLayer* veil = next(QStringLiteral("veil"));
    for (std::size_t part = 0; part < PartCount; ++part)
        m_layers[1][part] = next(QStringLiteral("raised ") + QLatin1String(parts[part]));
    m_veil = new QCPItemRect(&plot);
    m_veil->setLayer(veil);
    m_veil->setPen(Qt::NoPen);
    m_veil->setSelectable(false);
    m_veil->setVisible(false);
    for (QCPItemPosition* corner : {m_veil->topLeft, m_veil->bottomRight})
        corner->setType(QCPItemPosition::ptAxisRectRatio);
    m_veil->topLeft->setCoords(0, 0);
    m_veil->bottomRight->setCoords(1, 1);
}

void CurveLayers::setVeiled(bool veiled) {
    if (m_veil->visible() == veiled) return;
    m_veil->setVisible(veiled);
    for (QCPAxis* axis : {m_plot.xAxis, m_plot.yAxis})
        putOn(veiled ? m_veil->layer() : m_grid, axis->grid());
}

void CurveLayers::applyColours() {
    QColor ground = colour(Role::base);
    ground.setAlphaF(static_cast<float>(cover()));
    m_veil->setBrush(ground);
}

void putOn(QCPLayer* layer, QCPLayerable* what) {
    if (what->layer() != layer) what->setLayer(layer);
}

} // namespace diapason::ui
