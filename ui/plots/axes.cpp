#include "ui/plots/axes.h"

#include "ui/theme/theme.h"

namespace diapason::ui {

QFont plotFont(const QCustomPlot& plot) {
    QFont font = plot.font();
    font.setPixelSize(11);
    return font;
}

void dressAxes(QCustomPlot& plot) {
    plot.setBackground(colour(Role::base));
    plot.setAutoAddPlottableToLegend(false); // nothing shows one, and each graph would lay it out anew
    const QFont font = plotFont(plot);
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
        axis->setBasePen(QPen(colour(Role::strongLine)));
        axis->setTickPen(QPen(colour(Role::strongLine)));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLength(0, 4);
        axis->setTickLabelColor(colour(Role::secondary));
        axis->setLabelColor(colour(Role::secondary));
        axis->setTickLabelFont(font);
        axis->setLabelFont(font);
        axis->grid()->setPen(QPen(colour(Role::weakLine)));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
}

void settleLayout(QCustomPlot& plot) {
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        plot.plotLayout()->update(phase);
}

} // namespace diapason::ui
